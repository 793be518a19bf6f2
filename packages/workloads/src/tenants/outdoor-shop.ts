import { templated } from '../templates.ts'
import { lines, list, numbers } from '../words/lists.ts'

/** A catalogue's texts, written from a line of facts. */
export const outdoorShop = templated({
  name: 'outdoor-shop',
  describe: 'a line of facts to a product description',
  system: 'You write the texts of the North Ridge Outfitters catalogue from a line of facts.',
  examples: [
    {
      user: 'Facts: Falcon swimming goggles; 80 g; soft silicone; a wide view; for open water',
      assistant: `**Falcon Swimming Goggles**
The Falcon swimming goggles are made for long days in open water. Soft silicone sits gently on the face and keeps the water out.
Features:
- A wide view to both sides
- Only 80 g
- Soft silicone
Care: Rinse with fresh water and dry in the shade.`,
    },
    {
      user: 'Facts: rope bag Quartz for climbers; thick canvas; a shoulder strap; 60 euros',
      assistant: `**Quartz Rope Bag**
The Quartz rope bag carries your rope from the car to the wall. Thick canvas protects it from sand and sharp edges.
Features:
- A comfortable shoulder strap
- Made for climbers
- Thick canvas
Care: Wash by hand with cold water.`,
    },
  ],
  templates: lines(`
    Facts: {model} {gear}; {weight} g; {material}; {feature}; for {use}
    Facts: {model} {gear}; {material}; {feature}; {feature2}; colours {colour} and {colour2}
    Facts: {model} {gear}; {weight} g; {feature}; {feature2}; tested in {region}; {price} euros
    Facts: {gear} {model}, new this {season}; {material}; {feature}; for {use}; from {price} euros
    Facts: {gear} {model} for (women|men|children|beginners|experts); {material}; {weight} g; {feature}
    Facts: {gear} {model}; better than last year: {feature}, {feature2}; {colour}; for {use}
  `),
  words: {
    model: list(`
      Kestrel, Moraine, Tarn, Juniper, Skua, Cairn, Larch, Fjell, Granite, Swift, Alder, Borealis, Heron, Ibex, Cirrus, Marten,
      Solstice, Glen, Basalt, Osprey, Drift, Summit, Willow, Polaris, Ember, Ridgeway, Lynx, Tundra, Brook, Condor`),
    gear: list(`
      tent, rucksack, sleeping bag, rain jacket, head torch, camping stove, hiking boots, trekking poles, down jacket, water bottle,
      climbing harness, sleeping mat, dry bag, fleece, trail shoes, gaiters, hammock, cook set, wool socks, sun hat, snowshoes,
      belt bag, pocket knife, gloves, bivouac bag, canoe bag, first aid kit, map case, wind shirt, camping chair`),
    weight: numbers(95, 2_450, 55),
    material: list(`
      recycled nylon, merino wool, waxed cotton, aluminium, titanium, ripstop polyester, goose down, leather, bamboo fibre,
      stainless steel, carbon, natural rubber, organic cotton, hemp canvas, silicone-coated nylon`),
    feature: list(`
      taped seams, two side pockets, reflective strips, a replaceable zip, packs to the size of a fist, waterproof to 10 metres,
      a padded hip belt, a lifetime repair service, a hood that fits a helmet, dries in an hour, a non-slip sole, folds flat,
      adjustable with one hand, a wide opening, ventilation at the back, insulated to minus ten degrees, a magnetic buckle,
      a battery that lasts 40 hours, windproof, a hidden pocket, a safety whistle, colour-coded poles, a removable lining`),
    use: list(`
      summer hikes, winter camping, trail running, long-distance walks, canoe trips, climbing, weekend tours, rainy commutes,
      family camping, ski touring, bikepacking, travel by train, bird watching, alpine huts, beach holidays, desert treks`),
    colour: list('slate, moss, rust, ocean, sand, plum, charcoal, sunflower, sky, brick, pine'),
    region: list(
      'Iceland, the Dolomites, the Highlands, Patagonia, the Pyrenees, Lapland, the Tatras, Corsica, Norway, Nepal',
    ),
    season: list('spring, summer, autumn, winter'),
    price: numbers(15, 420, 15),
  },
})
