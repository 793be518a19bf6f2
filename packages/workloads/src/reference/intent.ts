import { templated } from '../templates.ts'
import { lines, list, numbers } from '../words/lists.ts'
import { dishes } from '../words/living.ts'
import { names } from '../words/people.ts'
import { cities, countries } from '../words/places.ts'

const bank = lines(`
  My card (was declined|did not work|was swallowed) (in {shop}|at an ATM in {city}|when I paid for {thing}), (why|what now|can you check)?
  (Where is|What happened to) my refund (from {shop}|of {amount} {money}|for {thing})?
  I (want|need|would like) to change my PIN (before I go to {country}|in {city}|today|).
  Why was I charged {amount} {money} (for a transfer|for taking out cash|twice|in {shop}|extra)?
  The exchange rate for {money} (was wrong|looks odd|is not what I expected) when I (paid in {city}|took out cash in {country}).
  How long does a transfer (to {country}|from another bank|of {amount} {money}) take?
  My transfer to {name} has not arrived (since {day}|after {few} days), what is wrong?
  I ordered a card {few} (days|weeks) ago and it is still not here.
  Someone (took|withdrew|paid) {amount} {money} from my account (in {city}|on {day}), and it was not me.
  Can I (top up|pay) with (a cheque|cash|a {country} card|my watch)?
  My top up of {amount} {money} (failed|is still pending|was sent back), (help|why)?
  I lost my (card|telephone|wallet) in {city}, (please block it|what should I do|can you send a new one to {country})?
  How many virtual cards can (I|{name} and I) have?
  Do you (support|accept|exchange) {money} (in {country}|on the card)?
  The ATM in {city} gave me {amount} {money} less than I asked for.
  I want to (close|freeze) my account (on {day}|because of {shop}|right now).
  (My|The) balance does not show the cheque of {amount} {money} I paid in on {day}.
  Please cancel the payment of {amount} {money} to (name|{name}|{shop}).
  Can {name} (also get a card|send me money|use my account)?
  Is there a limit (on cash in {country}|for top ups in {money}|per day)?
  why is there a fee of {amount} {money} on my statement (from {shop}|of {day})
`)

const assistant = lines(`
  what is the weather (like|going to be) in {city} (on {day}|tomorrow|tonight|this weekend)
  (set|cancel|snooze) (an|the|my) alarm for {hour} (on {day}|tomorrow|)
  (book|reserve) a table (at {shop}|in {city}) for {few} (at {hour}|on {day}) (under {name}|please|)
  how many calories are in {dish}
  how do you (make|cook|prepare) {dish} for {few}
  how long should I (cook|bake|reheat) {dish}
  can i use {ingredient} instead of {ingredient2} in {dish}
  what (ingredients|spices) do i need for {dish}
  is {dish} (healthy|still good after {few} days in the fridge)
  suggest (something for dinner|a meal|a restaurant) with {ingredient} (in {city}|for {few}|)
  (add|put) {ingredient} (and {ingredient2}|) (to|on) my shopping list
  (take|remove) {ingredient} (off|from) (the|my) shopping list
  do i have {ingredient} on my (list|shopping list)
  remind me (to call {name}|about {thing}|to buy {ingredient}) (on {day}|at {hour})
  what are my reminders for {day}
  (schedule|set up|cancel) a meeting with {name} (on {day}|at {hour})
  do i have (any meetings|something) with {name} (on {day}|after {hour})
  what is on my calendar (for {day}|at {hour} on {day})
  (call|text|message) {name} (that i will be late|about {thing}|and say happy birthday)
  play (something by {artist}|{artist} on {device}|my {mood} playlist)
  (turn|switch) (on|off) the {device} (in the {room}|at {hour}|)
  (raise|lower|set) the volume (of the {device}|to {few}) (please|)
  (find|book) (me a flight|a flight) from {city} to {city2} (on {day}|for under {amount} {money})
  is my flight to {city} (on time|delayed|boarding at {hour})
  my (bag|luggage|suitcase) did not arrive in {city}
  do i need (a visa|vaccines|a plug adapter) for {country}
  what is the time in {city} (when it is {hour} here|right now)
  how far is it from {city} to {city2}
  how do i get to {city} (without tolls|by {hour}|from the airport)
  (how is|what is) the traffic (on the way to {city}|around {hour}|to {shop})
  (rent|book) me a car in {city} for {few} days (from {day}|)
  book a hotel in {city} (for {few} nights|from {day}) (with a pool|near the station|)
  what should I (see|do|visit) in {city} (on {day}|with {name}|)
  translate (hello|{ingredient}|good night|thank you) into {language}
  how do you say (where is {shop}|{ingredient}|i am lost) in {language}
  (how do you spell|what does|define) {word} (mean|please|)
  what is {amount} (plus|times|divided by|minus) {few}
  convert {amount} (miles to kilometres|ounces to grams|{money} to {money2})
  (roll a dice with {few} sides|flip a coin {few} times|tell me a joke about {thing}|give me a fun fact about {country})
  set a timer for {few} (minutes|hours) (for {dish}|)
  what is my (credit score|credit limit|balance) (at {shop}|in {money}|) right now
  (pay|when is) my {bill} bill (due|on {day}|from savings)
  transfer {amount} {money} (from savings to checking|to {name})
  how much did i spend (at {shop}|on {ingredient}|in {city}) (last month|since {day})
  has my order (of {thing}|from {shop}) (shipped|arrived|been sent)
  order (more {ingredient}|{thing}|{dish}) (from {shop}|)
  (how many days off do i have|i want days off from {day}|was my leave of {day} approved) (in total|please|) this year
  when is (payday|the next holiday in {country}|my tax due)
  (what is the pressure of|how do i change|when should i check) (my tires|the oil|the battery) (before driving to {city}|)
  change your name to {name}
  call me {name} (from now on|please|)
  (speak|talk) {language} (to me|) (please|)
  (who made you|are you a robot|where do you come from|how old are you|do you have pets), {name} wants to know
`)

export const intent = templated({
  name: 'intent',
  describe: 'an utterance to its intent as JSON',
  templates: [...bank, ...assistant].map((template) => template.trim()),
  words: {
    name: names,
    city: cities,
    country: countries,
    dish: dishes,
    shop: list(
      'the bakery, a supermarket, Corner Books, the hotel, an online shop, Blue Door Café, the petrol station, Ottley Foods',
    ),
    thing: list(
      'groceries, a train ticket, new shoes, a concert, the rent, a hotel room, a lamp, dinner, a telephone, my passport',
    ),
    money: list('euros, dollars, pounds, yen, francs, kronor, pesos'),
    amount: numbers(15, 940, 5),
    few: numbers(2, 12),
    day: list(
      'Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, the 3rd, May 5, march 12, the 21st, next week',
    ),
    hour: list('7 am, noon, half past six, 9 pm, 5:30, 8:15 am, midnight, 3 o clock'),
    ingredient: list(
      'milk, rice, butter, eggs, olive oil, honey, basil, garlic, yoghurt, flour, apples, coffee, lentils, tofu, cinnamon',
    ),
    artist: list('Nils Frahm, Rosalia, Khruangbin, Tinariwen, Anna Calvi, Aldous Harding, the Beatles, Miles Davis'),
    device: list('tv, radio, kitchen light, fan, heating, speaker, lamp, coffee machine'),
    room: list('kitchen, living room, hall, bedroom, bathroom, garage'),
    mood: list('rainy day, running, party, sleep, cooking, road trip'),
    language: list('French, Spanish, German, Italian, Japanese, Portuguese, Greek, Turkish, Swedish'),
    word: list(
      'resilient, ambiguous, frugal, eloquent, candid, obsolete, diligent, tedious, lucid, quaint, zeal, novice',
    ),
    bill: list('gas, water, electricity, telephone, internet, credit card'),
  },
})
