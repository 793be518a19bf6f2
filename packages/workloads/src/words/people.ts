import { list } from './lists.ts'

export const names = list(`
  Amara, Luis, Grace, Pavel, Ines, Kofi, Yuki, Greta, Samir, Tobias, Mara, Pablo, Elif, Jonas, Priya, Oskar, Leila,
  Mateo, Freya, Hugo, Zanele, Ravi, Clara, Emeka, Sofia, Anton, Noor, Felix, Marta, Dario, Hana, Viktor, Lucia, Omar,
  Astrid, Bruno, Naomi, Stefan, Imani, Callum, Rosa, Anders, Farah, Theo, Wanda, Idris, Maya, Rafael, Signe, Tariq`)

export const surnames = list(`
  Okafor, Lindqvist, Moreau, Castellano, Novak, Whitfield, Tanaka, Ferreira, Haddad, Kowalski, Brandt, Osei, Marsh,
  Petrov, Delgado, Hughes, Iversen, Rahman, Bianchi, Sato, Mensah, Fischer, Quinn, Vargas, Holm, Adeyemi, Clarke, Roux`)

export const professions = list(`
  baker, nurse, carpenter, geologist, taxi driver, librarian, beekeeper, architect, plumber, violin teacher, journalist,
  firefighter, marine biologist, tailor, train conductor, gardener, pilot, cook, detective, photographer, farmer,
  electrician, museum guide, chemist, postal worker, midwife, football coach, software tester, potter, translator,
  lighthouse keeper, accountant, zookeeper, bookseller, paramedic, sailor, stage actor, veterinarian, bricklayer, judge`)

export const relations = list(`
  my neighbour, my manager, my landlord, an old school friend, my grandmother, a new colleague, my piano teacher,
  the school office, our biggest customer, the city council, my cousin, the hotel we stayed at, my dentist, my team,
  the editor of a local newspaper, a supplier, the parents of my class, my former professor, the volunteers of our club,
  a job applicant, my sister, the tenants of the house, my running group, the airline, the members of the choir`)

export const characters = list(`
  a ship's cook in a storm, a retired detective, the captain of a small airship, a dragon who is afraid of heights,
  a medieval blacksmith, a robot that has just learned to dream, a sleepy night porter, a strict ballet teacher,
  a friendly ghost in an old library, a football commentator, a wizard who runs a repair shop, a Viking trader,
  an astronaut on her first day on Mars, a talking oak tree, a pirate who wants to open a bakery, a tired tour guide,
  the owner of a haunted hotel, a Victorian explorer, a cat that thinks it owns the house, a cheerful weather presenter,
  a Roman senator, a time traveller from the year 2300, a nervous magician, an old fisherman, a train that can talk,
  a detective's loyal dog, a queen who hates parties, a knight without a horse, a very polite burglar, a snow leopard,
  a grumpy elevator, a fortune teller whose predictions are always late, a gardener on a space station, a lonely robot`)
