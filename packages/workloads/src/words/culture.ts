import { list } from './lists.ts'

export const history = list(`
  the Silk Road, the fall of the Roman Empire, the invention of printing, the Industrial Revolution, the Black Death,
  the building of the pyramids, the French Revolution, the Hanseatic League, the Space Race, the Viking voyages,
  the Magna Carta, the Ottoman Empire, the Renaissance, the abolition of slavery, the Cold War, the Inca Empire,
  the Opium Wars, the suffragette movement, the Great Depression, the Meiji Restoration, the Crusades, the Gold Rush,
  the Mongol Empire, the Treaty of Versailles, the Berlin Wall, the Library of Alexandria, the city-states of Greece,
  the trade in spices, the first railways, the Marshall Plan, the Maya calendar, the age of sail, the Phoenicians`)

export const arts = list(`
  Impressionism, Gothic cathedrals, jazz, haiku, the sonnet, flamenco, opera, Greek tragedy, watercolour painting, Cubism,
  silent films, blues, calligraphy, folk tales, ballet, stained glass, the novel of letters, street art, ceramics, fables,
  baroque music, Bauhaus, shadow puppets, the short story, film noir, mosaic, origami, reggae, satire, portrait painting,
  woodcuts, the Romantic poets, musicals, comic books, tapestries, epic poetry, Art Nouveau`)

export const philosophy = list(`
  stoicism, utilitarianism, the social contract, free will, scepticism, justice, existentialism, empiricism, Plato's cave,
  the golden mean, human rights, the division of powers, civil disobedience, cultural relativism, the idea of progress,
  happiness, the ship of Theseus, freedom of speech, friendship in Aristotle, pacifism, the veil of ignorance`)

export const society = list(`
  inflation, supply and demand, public libraries, minimum wages, urban planning, tourism, the welfare state, remote work,
  fashion, advertising, social media, juries, migration, taxes, public transport, trade unions, compulsory voting, money,
  dialects, school uniforms, festivals, table manners, proverbs, folk medicine, marriage customs, the four-day week`)

export const works = list(`
  a lost letter, a forgotten birthday, an unexpected inheritance, a broken promise, a map with a mistake, a stolen recipe,
  the last train home, a door that was never opened, a storm at sea, two brothers who do not speak, a strange coin,
  a town without clocks, a race through the desert, a message in a bottle, a school for inventors, a garden at night,
  an old piano, the first snow, a bridge that connects two villages, a failed invention, a mysterious neighbour,
  a lighthouse in the fog, a chess game by post, a dog that finds its way home, a power cut in the city, a hidden room,
  a journey by balloon, an honest thief, a river that changes its course, a library under the sea, a wrong phone number`)
