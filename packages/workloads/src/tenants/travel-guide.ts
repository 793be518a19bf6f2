import { templated } from '../templates.ts'
import { lines, list, numbers } from '../words/lists.ts'
import { towns } from '../words/places.ts'

/** A guide's entries, written from key words. */
export const travelGuide = templated({
  name: 'travel-guide',
  describe: 'key words to an entry of a travel guide',
  system: 'You write short entries for the travel guide Slow Miles from key words.',
  examples: [
    {
      user: 'Entry: wooden chapel in Greyfield; a painted door; bus 12 to the square; tip listen to the organ',
      assistant: `**The Wooden Chapel of Greyfield**
Behind its painted door, this small chapel is cool and quiet even in summer. The wood smells of wax, and the light falls softly on the benches.
Getting there: Take bus 12 to the square.
Tip: Stay a little longer and listen to the organ.`,
    },
    {
      user: 'Entry: cliff walk from Saltby to Highmoor; 3 hours; puffins; by train; tip bring a windproof jacket',
      assistant: `**The Cliff Walk from Saltby to Highmoor**
For 3 hours the path follows the edge of the cliffs high above the sea. With some luck you will see puffins on the rocks below.
Getting there: Both villages can be reached by train.
Tip: Bring a windproof jacket, because there is no shelter.`,
    },
  ],
  templates: lines(`
    Entry: {place} in {town}; {sight}; {transport}; tip {tip}
    Entry: {place}, {town}; {sight} and {sight2}; best in {season}; {transport}
    Entry: {place} near {town}; known for {food}; open {hours}; {transport}; tip {tip}
    Entry: {walk} from {town} to {town2}; {few} hours; {sight}; {transport}; tip {tip}
    Entry: {event} of {town}; every {month}; {food} and {sight}; {transport}
    Entry: {place} of {town} from {year}; {sight}; {mood}; tip {tip}
    Entry: {inn} in {town}; {few} rooms; {sight}; breakfast with {food}; {transport}
  `),
  words: {
    town: towns,
    place: list(`
      old lighthouse, market hall, castle ruin, botanical garden, maritime museum, open-air pool, cathedral, toy museum, brewery,
      ropeway, monastery, fishing harbour, salt mine, planetarium, water mill, clock tower, sculpture park, covered bridge, vineyard,
      tram museum, thermal bath, glass workshop, town library, observatory, stone circle, puppet theatre, cheese dairy, ferry pier`),
    walk: list(
      'coast path, ridge walk, forest trail, canal towpath, pilgrim route, gorge walk, dune path, cycle route, night walk',
    ),
    event: list(
      'lantern festival, boat race, cherry market, street music week, sheep fair, kite festival, winter market, book week',
    ),
    inn: list(
      'small guest house, mountain hut, old post office hotel, farm stay, house boat, youth hostel, mill inn, lake hotel',
    ),
    sight: list(`
      a view over the bay, painted ceilings, storks on the roofs, {few} steps to the top, a wall of ivy, carved doors, tame deer,
      hundreds of clocks, a hidden courtyard, frescoes, water lilies, seals on the sand bank, a spiral stair, a rose garden,
      ships in bottles, an echo, wild orchids, blue tiles, a glass floor, red cliffs, a waterfall, old steam engines, fireflies`),
    transport: list(`
      bus {few} from the station, ten minutes on foot, ferry twice a day, by bicycle along the river, local train then a walk,
      cable car, free car park, tram to the last stop, boat from the pier, shuttle in summer, {few} km from the motorway`),
    tip: list(`
      come at sunset, bring a torch, avoid Mondays, ask for the key at the bakery, wear good shoes, book a day ahead, pack a picnic,
      take the back entrance, try the cake, go on a rainy day, stay for the bells, carry coins, swim before breakfast,
      climb up slowly, watch the gulls, follow the blue signs, talk to the keeper`),
    food: list(
      'smoked fish, plum dumplings, goat cheese, cider, almond cake, lamb stew, fresh oysters, rye bread, honey, fig jam',
    ),
    mood: list(
      'quiet, lively, a little eerie, good for children, romantic, wild, dreamy, full of stories, sleepy, cheerful',
    ),
    season: list('spring, early summer, autumn, winter, September, late May'),
    hours: list(
      'from ten to four, on weekends, daily but Tuesday, in the afternoon, from April to October, until midnight',
    ),
    month: list('January, March, May, June, August, October, December'),
    few: numbers(2, 9),
    year: numbers(1420, 1930, 15),
  },
})
