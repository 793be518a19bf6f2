import { templated } from '../templates.ts'
import { common } from '../words/common.ts'
import { lines } from '../words/lists.ts'
import { passages } from '../words/passages.ts'

const faulty = lines(`
  {name} (go|goed|have went) to the market and (buyed|has buy) {few} (apple|loafs of bread|bottle of milk).
  Me and {name} (was|is) waiting for the (buss|train) since {hour} o'clock in {city}.
  Their are to many (peoples|cars|dog) in the street of {town}, (isn't they|don't it).
  She don't know where (is the|are the) (keys|libary|hospital) and she (don't|didn't) asked nobody.
  Yesterday we (eat|have ate) at {name}'s house, it (were|is) (very delicious|more better than last time).
  If I (would have|will had) more time, I (will visited|would visited) {city} in {month}.
  The childrens (was playing|plays) with they (ball|toy's) untill it (get|becomed) dark.
  {name} have (a old|an big) (car|house|umbrella) what (cost|costed) {hundreds} dollar.
  I am (agree|disagree) with you, (it's|its) color (are|were) to bright for (a|an) office.
  He (learned|teached) me how (I can|to) cook, (altough|allthough) he (dont|doesnt) like it hisself.
  {name} and {name2} has (been|being) friends since {few} year, they (never|ever) (didn't argue|fighted).
  The informations in you're letter (was|where) (very usefull|not enough), please (to send|sending) me more.
`)

export const rewriting = templated({
  name: 'rewriting',
  describe: 'grammar, tone and style of a given text',
  templates: [
    ...[
      'Correct the grammar: {faulty}',
      'Fix the mistakes in this sentence and explain them: "{faulty}"',
      'Please proofread the following text.\n\n{faulty} {faulty2}',
      'Rewrite this sentence in correct English: {faulty}',
      'Make this message more (polite|formal|friendly): "{blunt}"',
      'Rewrite this for (my boss|a customer|a child|a friend): {blunt} {blunt2}',
      'Say this in a nicer way: "{blunt}"',
      'Change this sentence to the (past tense|future tense|passive voice): {plain}',
      'Turn this statement into a question: {plain}',
      'Rewrite in the first person: {plain}',
      'Join these sentences into one: {plain} {plain2}',
      'Make this sentence (shorter|more vivid|simpler): {plain}',
      'Paraphrase in (two|three) different ways: {plain}',
    ],
    ...passages.flatMap((text) => [
      `Rewrite this paragraph in (simple English|a more formal style|a lively tone|short sentences).\n\n${text}`,
    ]),
  ],
  words: {
    ...common,
    faulty,
    blunt: lines(`
      I need the (report|figures|photos) by {weekday}. No excuses.
      Your (invoice|order|application) {hundreds} is wrong. Do it again.
      You did not answer my email of {day}. What is the problem?
      We will not give you (a discount|your money back|another appointment).
      Stop parking in front of our (gate|shop|garage) in {town}.
      Your music was too loud on {weekday}. I could not sleep.
      I cannot come to your party in {city}. I am too busy.
      The food you delivered at {hour} was cold. This is unacceptable.
      Send {name} the contract now. We have waited for {few} weeks.
      Nobody liked your (talk|plan|design). Change it before {month}.
      You forgot {name}'s birthday again.
      I don't understand your question. Be more precise.
    `),
    plain: lines(`
      {name} (repairs|sells|collects) old (clocks|radios|bicycles) in a small shop in {town}.
      The {profession} (writes|sends|reads) a long letter to {name} every {weekday}.
      The storm (damages|destroys|reaches) the harbour of {town} in {month}.
      {name} (opens|finds|paints) the (green|heavy|old) door and (sees|hears) a {profession}.
      The council of {city} (builds|plans|closes) {few} new (bridges|schools|playgrounds).
      {name} and {name2} (cook|prepare|serve) dinner for {tens} guests.
      A {profession} (shows|explains|gives) the visitors the (map|machine|garden).
      {name} (leaves|visits) {country} in {month} because (work is done|the weather is mild|the money is gone).
      The (dog|horse|cat) of the {profession} (steals|eats|hides) {few} sausages.
      The team (wins|loses|cancels) the match against {town} on {weekday}.
    `),
  },
})
