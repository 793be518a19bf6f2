import { list } from './lists.ts'

export const cities = list(`
  Lisbon, Turin, Bergen, Osaka, Quito, Leeds, Austin, Graz, Galway, Leipzig, Tampere, Coimbra, Windhoek, Valparaiso,
  Kyoto, Marrakesh, Montreal, Edinburgh, Krakow, Hanoi, Cape Town, Oaxaca, Istanbul, Reykjavik, Melbourne, Vienna,
  Nairobi, Seoul, Lima, Athens, Porto, Copenhagen, Dakar, Wellington, Bruges, Havana, Tbilisi, Singapore, Seville, Riga`)

export const countries = list(`
  Norway, Ghana, Chile, Japan, Croatia, Morocco, Canada, Portugal, Iceland, Vietnam, Peru, Kenya, Greece, Ireland,
  Mexico, Finland, Turkey, New Zealand, Nepal, Brazil, Italy, Egypt, Estonia, South Korea, Argentina, Switzerland`)

export const towns = list(`
  Alderbrook, Westhaven, Kilmarran, Port Selby, Eastbridge, Marlow Falls, Oakridge, Sandvale, Hartwick, Pinehurst,
  Brackley Cross, Lower Denby, Silver Creek, Thornbury, Castlemere, Rosswell, Fernhill, Northgate, Bellwater, Ashcombe`)

export const regions = list(`
  the Scottish Highlands, the Amalfi Coast, the Baltic Sea, the Andes, the Sahara, Patagonia, the Alps, the Mekong Delta,
  Tuscany, the Norwegian fjords, the Great Lakes, the Azores, Brittany, the Black Forest, the Outback, Andalusia,
  the Canadian Rockies, Transylvania, the Greek islands, Lapland, the Atlas Mountains, Bavaria, Cornwall, Sicily`)

export const venues = list(`
  a small museum, a public library, a primary school, a bicycle workshop, a farm, a community garden, a train station,
  a hospital, a bakery, a bookshop, a swimming pool, a theatre, a youth hostel, a café, a sports club, a fire station,
  a recycling centre, an animal shelter, a night market, a radio station, a harbour, a ski lodge, a print shop`)
