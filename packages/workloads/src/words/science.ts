import { list } from './lists.ts'

export const physics = list(`
  gravity, magnetism, friction, static electricity, sound waves, the colour of the sky, rainbows, lightning, black holes,
  the phases of the moon, eclipses, nuclear fusion, radioactivity, the speed of light, surface tension, buoyancy,
  the Doppler effect, momentum, heat conduction, air pressure, lenses, solar panels, superconductors, pendulums,
  the life of a star, comets, meteor showers, escape velocity, tides, semiconductors, the expansion of the universe`)

export const chemistry = list(`
  rust, combustion, acids and bases, the periodic table, crystals, fermentation, soap, batteries, catalysts, polymers,
  ozone, carbon dating, the boiling of water at high altitude, alloys, distillation, the hardness of diamonds, salt,
  chemical bonds, oxidation, fireworks, glass, the smell of rain, dissolving, dry ice, vinegar and baking soda`)

export const biology = list(`
  photosynthesis, the human heart, vaccines, DNA, evolution, the immune system, pollination, hibernation, yeast, bacteria,
  viruses, the digestive system, bird migration, coral reefs, camouflage, the nervous system, blood groups, sleep, genes,
  muscles, fungi, symbiosis, metamorphosis, antibiotics, food chains, echolocation, the lungs, stem cells, allergies,
  the gut microbiome, cell division, kidneys, seed dispersal, bioluminescence, natural selection`)

export const earth = list(`
  volcanoes, earthquakes, plate tectonics, glaciers, the water cycle, hurricanes, fog, ocean currents, soil erosion, caves,
  deserts, the greenhouse effect, fossils, monsoons, tsunamis, river deltas, permafrost, the ozone layer, clouds, hail,
  geysers, mountain formation, wetlands, the seasons, tornadoes, limestone, groundwater, avalanches, salt lakes`)

export const technology = list(`
  touch screens, GPS, 3D printers, wind turbines, electric cars, noise-cancelling headphones, barcodes, encryption, QR codes,
  search engines, heat pumps, fibre-optic cables, microwave ovens, elevators, jet engines, digital cameras, compression of
  images, neural networks, databases, Wi-Fi, contactless payment, refrigerators, satellites, spam filters, induction stoves,
  version control, cloud storage, operating systems, smoke detectors, hearing aids, drones, e-readers, robot vacuum cleaners`)

export const mathematics = list(`
  prime numbers, fractions, the Pythagorean theorem, probability, percentages, negative numbers, averages, Pi, triangles,
  infinity, binary numbers, logarithms, square roots, graphs of functions, compound interest, symmetry, Fibonacci numbers,
  exponential growth, the median, coordinates, permutations, ratios, vectors, matrices, the binomial theorem`)
