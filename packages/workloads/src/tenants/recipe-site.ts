import { templated } from '../templates.ts'
import { lines, list, numbers } from '../words/lists.ts'

/** Recipes in the form of one kitchen. */
export const recipeSite = templated({
  name: 'recipe-site',
  describe: 'ingredients to a recipe as bullet lists',
  system:
    'You write recipes for the site Copper Spoon, always in the same form: a title, a list of ingredients and three short steps.',
  examples: [
    {
      user: 'Recipe for a salad with cucumber and white beans, serves 2.',
      assistant: `**Cucumber and White Bean Salad**
Serves: 2
Ingredients:
- 1 large cucumber
- 1 tin of white beans
- 2 tablespoons of olive oil
- 1 lemon
Method:
1. Rinse the beans and cut the cucumber into small cubes.
2. Stir the olive oil and the juice of the lemon into a dressing.
3. Mix everything and season with salt and pepper.`,
    },
    {
      user: 'Recipe for biscuits with peaches and aniseed, serves 6.',
      assistant: `**Peach and Aniseed Biscuits**
Serves: 6
Ingredients:
- 250 g of flour
- 120 g of butter
- 2 ripe peaches
- 1 teaspoon of aniseed
Method:
1. Cut the peaches into small pieces and heat the oven to 180 degrees.
2. Knead all ingredients into a soft dough and form small balls.
3. Bake the biscuits for 15 minutes until they are golden.`,
    },
  ],
  templates: lines(`
    Recipe for {form} with {vegetable} and {staple}, serves {few}.
    Recipe for {form} with {vegetable}, {vegetable2} and {herb}, serves {few}.
    Recipe for a quick {meal}: {staple} with {vegetable} and {dairy}, {minutes} minutes, serves {few}.
    Recipe for {form} of {protein} with {herb}, ready in {minutes} minutes, serves {few}.
    Recipe for {sweet} with {fruit} and {spice}, serves {few}.
    Recipe for {sweet} without (eggs|butter|flour|an oven), with {fruit}, serves {few}.
    Recipe for {protein} with {vegetable} in the style of {kitchen}, serves {few}.
    Recipe for {meal} from leftovers: {staple}, {vegetable} and {dairy}, serves {few}.
    Recipe for a {meal} for children with {staple} and {vegetable}, serves {few}.
    Recipe for {form} that uses up {vegetable} and {dairy}, {minutes} minutes, serves {few}.
  `),
  words: {
    form: list(`
      a soup, a salad, a stew, a gratin, a curry, a pie, a stir-fry, pancakes, a risotto, a quiche, fritters, a casserole,
      flatbreads, a pasta sauce, a one-pot dish, skewers, dumplings, an omelette, wraps, a tray bake`),
    vegetable: list(`
      carrots, leeks, spinach, courgettes, mushrooms, red peppers, sweet potatoes, fennel, cauliflower, beetroot, peas, tomatoes,
      green beans, kale, pumpkin, aubergines, celery, white cabbage, asparagus, broccoli, parsnips, radishes, sweetcorn, artichokes`),
    staple: list(
      'rice, noodles, chickpeas, lentils, potatoes, couscous, barley, white beans, polenta, quinoa, stale bread, gnocchi',
    ),
    protein: list(
      'chicken, cod, tofu, salmon, turkey, lamb, prawns, eggs, minced beef, halloumi, trout, sausages, tempeh, pork',
    ),
    dairy: list('feta, yoghurt, cream, cheddar, butter, goat cheese, ricotta, coconut milk, parmesan, sour cream'),
    herb: list(
      'dill, thyme, basil, coriander, mint, parsley, rosemary, sage, chives, ginger, garlic, lemon grass, tarragon',
    ),
    fruit: list(
      'apples, pears, cherries, plums, blueberries, oranges, apricots, bananas, rhubarb, figs, raspberries, mango, lemons',
    ),
    spice: list(
      'cinnamon, vanilla, cardamom, cloves, nutmeg, dark chocolate, honey, almonds, hazelnuts, maple syrup, sesame',
    ),
    sweet: list(
      'a crumble, muffins, a cake, a pudding, a tart, cookies, a trifle, ice cream, a jam, waffles, a smoothie, bars',
    ),
    meal: list('breakfast, lunch, supper, snack, dinner, picnic, brunch'),
    kitchen: list(
      'Thailand, Italy, Mexico, India, Greece, Morocco, Hungary, Lebanon, Sweden, Japan, Peru, Provence, Korea, Spain',
    ),
    few: numbers(2, 8),
    minutes: numbers(15, 60, 5),
  },
})
