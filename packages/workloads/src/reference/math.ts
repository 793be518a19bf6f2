import { templated } from '../templates.ts'
import { lines, list, numbers } from '../words/lists.ts'
import { names } from '../words/people.ts'

export const math = templated({
  name: 'math',
  describe: 'a word problem to its worked answer',
  templates: lines(`
    {name} has {tens} {things} and finds {few} more every day. How many {things} does {name} have after {few2} days?
    {name} bought {few} {things} for {few2} dollars each and sold all of them for {tens} dollars. How much more money does {name} have now?
    A box holds {tens} {things}. {name} fills {few} boxes and has {few2} {things} left over. How many {things} were there?
    {name} is {few} times as old as {name2}. {name2} is {teen} years old. How old will {name} be in {few2} years?
    There are {tens} children in a bus. At the first stop {few} get off and {few2} get on. How many children are in the bus now?
    {name} reads {tens} pages on Monday and twice as many on Tuesday. The book has {hundreds} pages. How many pages are left?
    A farmer has {tens} {animals} and sells {few} of them for {tens2} dollars each. How much does the farmer get, and how many {animals} remain?
    {name} walks {few} kilometres to work and back, five days a week. How far does {name} walk in {few2} weeks?
    A shop sells {things} in packs of {few}. {name} needs {tens} {things}. How many packs does {name} have to buy?
    {name} saves {tens} dollars a month. A {item} costs {hundreds} dollars. How many months must {name} save?
    In a class of {tens} pupils, {few} play chess and twice as many play football. How many play neither, if nobody plays both?
    {name} bakes {few} trays with {teen} biscuits each and eats {few2}. The rest is shared by {few3} friends. How many does each friend get?
    A train has {few} cars with {tens} seats each. {hundreds} people want to travel. How many of them have to stand?
    {name} earns {teen} dollars an hour and works {few} hours a day for {few2} days. How much does {name} earn?
    {name} and {name2} collect {things}. {name} has {tens}, and {name2} has {few} fewer. How many do they have together?
    A {item} costs {hundreds} dollars. It is {percent} percent off. How much does {name} pay?
    A tank holds {hundreds} litres. It loses {few} litres an hour. How much is left after {teen} hours?
    {name} plants {few} rows of {teen} {plants}. {few2} of them die. How many {plants} are alive?
    {name} has {few} bags with {teen} {things} in each and {few2} boxes with {tens} {things} in each. How many {things} does {name} have?
    A garden is {tens} metres long and {teen} metres wide. How much fence is needed around it?
    {name} runs {few} laps of {hundreds} metres. {name2} runs {few2} laps more. How many metres does {name2} run?
    Tickets cost {teen} dollars for adults and {few} dollars for children. {few2} adults and {few3} children go. What do they pay in all?
    {name} gives half of {even} {things} to {name2} and then {few} to {name3}. How many are left?
    A machine makes {tens} {things} a minute. How many does it make in {few} hours?
    {name} drives at {speed} kilometres an hour for {few} hours and then at {speed2} for {few2} hours. How far is that?
    {name} had {tens} dollars, spent {few} on lunch and {teen} on a {item}, and found {few2} dollars in a coat. How much is there now?
    There are {few} red, {few2} blue and {teen} green {things} in a bag. What percentage of them is green?
    A rope of {hundreds} centimetres is cut into pieces of {teen} centimetres. How many whole pieces are there?
    {name} must write {tens} pages. So far there are {few}. If {name} writes {few2} pages a day, how many days will the rest take?
    {few} workers paint a wall in {teen} hours. How long do {few2} workers need?
    A recipe for {few} people takes {hundreds} grams of {food}. How much is needed for {few2} people?
    {name} buys {few} kilos of {food} at {few2} dollars a kilo and pays with a {round} dollar bill. How much change is there?
    {name} sleeps {few} hours a night. How many hours is that in {few2} weeks?
    A library has {hundreds} {books} and lends {tens} of them. {few} come back. How many {books} are in the library?
    {name} scored {tens}, {tens2} and {tens3} points. What is the average?
    The sum of {name}'s and {name2}'s ages is {tens}. {name} is {few} years older. How old is {name2}?
    Each of {few} tables has {few2} chairs, and each chair has 4 legs. How many legs of chairs are there?
    {name} fills {few} shelves with {tens} {books} each. A third of {books} are new. How many are not new?
    A ferry makes {few} trips a day and takes {tens} people each time. How many people does it carry in {few2} days?
    {name} pours {hundreds} millilitres of juice into glasses of {tens} millilitres. How many glasses can be filled?
  `),
  words: {
    name: names,
    things: list(
      'marbles, stickers, shells, stamps, coins, apples, pencils, cards, buttons, bottles, candles, balloons, beads, lemons',
    ),
    animals: list('sheep, cows, goats, hens, pigs, ducks, rabbits, horses'),
    plants: list('tulips, tomatoes, beans, roses, pumpkins, cabbages, sunflowers'),
    books: list('books, novels, atlases, magazines, films, games'),
    item: list('bicycle, tent, guitar, camera, coat, lamp, skateboard, watch, telescope, drum, tablet, rucksack'),
    food: list('flour, rice, cheese, potatoes, cherries, sugar, oats, beans'),
    few: numbers(2, 9),
    teen: numbers(10, 20),
    tens: numbers(21, 98),
    even: numbers(24, 98, 2),
    hundreds: numbers(120, 960, 12),
    round: list('50, 100, 200'),
    speed: numbers(40, 120, 5),
    percent: numbers(5, 75, 5),
  },
})
