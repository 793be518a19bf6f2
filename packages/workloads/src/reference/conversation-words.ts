import { lines, list, numbers } from '../words/lists.ts'
import { names, surnames } from '../words/people.ts'
import { cities } from '../words/places.ts'

export const conversationWords = {
  city: cities,
  name: names,
  surname: surnames,
  few: list('two, three, four, five, 2, 3, 4, 5, 6'),
  money: numbers(14, 980, 7),
  number: numbers(3, 960, 11),
  day: lines(`
    the 2nd of March
    March 3rd
    the 5th
    next Friday
    Saturday this week
    the 11th of this month
    March 12th
    March 6th
    Monday next week
    the 9th
    the 14th
  `),
  hour: list(
    '6 pm, half past seven, 10 am, noon, 8:15 pm, a quarter to five, 1:30 in the afternoon, 9 in the morning, 11:45 am',
  ),
  hotel: list(
    'Harbour View Inn, Hotel Meridian, Grand Oak, Station House, Villa Rosa, Park Lodge, Hotel Belmont, The Ferryman',
  ),
  cuisine: list('Vietnamese, Italian, Thai, Mexican, Greek, Lebanese, Korean, vegetarian, Peruvian, seafood'),
  restaurant: list(
    'the Blue Door, Casa Verde, Old Mill Kitchen, the Copper Pot, Luna, Garden Table, Pier Nine, Saffron House',
  ),
  place: list(
    'the airport, the art museum, the central station, 240 Hill Street, the city hospital, 18 Bay Road, the harbour',
  ),
  doctor: list('dentist, dermatologist, general practitioner, psychologist, eye doctor, physiotherapist'),
  street: list(
    'Harbour Lane, Mill Road, Castle Street, Elm Avenue, Station Square, Hill Street, Orchard Walk, Bay Road',
  ),
  airline: list('Northwind, Blue Atlantic, Skyline Air, Meridian Airways, Condor Pacific, Aurora Air'),
  car: list('blue hatchback, silver sedan, red estate car, grey van, white convertible, black jeep'),
  station: list('Central Station, the airport, King Street, Union Square, Harbour Terminal, West Gate'),
  genre: list('jazz, folk, techno, soul, punk, ambient music, rock, reggae, country'),
  artist: list(
    'Nils Frahm, Rosalia, Khruangbin, Anna Calvi, Tinariwen, Aldous Harding, Fatoumata Diawara, Miles Davis',
  ),
  year: numbers(1965, 2020, 5),
  song: list(
    'Midnight Ferry, Paper Boats, Slow Morning, Copper Sky, Glass Bridges, Small Hours, Winter Tram, Low Tide, Carousel',
  ),
  room: list('kitchen, living room, bedroom, patio, office'),
  account: list('checking, savings'),
  venue: list('the Regal Theatre, Riverside Hall, the Old Brewery, Pine Arena, the Opera House, Market Square'),
  title: list(
    'The Salt Path, Harbour Lights, A Quiet House, Blue Orchard, The Long Winter, Red Kite, The Glass Map, Two Rivers',
  ),
  cinema: list('Odeon, Plaza Cinema, Regal, Cinema Paradiso, Roxy, Grand Central'),
  event: list(
    'Early swim, Team lunch, Dentist, Piano lesson, Birthday dinner, Book club, Parents evening, Yoga, Car repair',
  ),
  salon: list('Willow Street Barbers, Corner Cuts, Studio Nine, The Parlour, Shear Delight, Golden Comb'),
  drink: list('latte, cappuccino, mocha, espresso, flat white, herbal tea, hot chocolate, cold brew, chai'),
  size: list('small, medium, large'),
  milk: list('oat milk, almond milk, whole milk, soy milk, no milk'),
  cake: list('croissants, muffins, bagels, cookies, scones, brownies, cinnamon rolls'),
  temperature: list('extra hot, iced, decaf, a double'),
}
