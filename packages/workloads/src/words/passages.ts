import { blocks } from './lists.ts'

/** Short articles to sum up, explain or rewrite. Each says many things, depending on what is chosen. */
export const passages = blocks(`
The town of {town} has (decided|agreed|voted) to turn its old (gasworks|railway yard|brewery|customs house) into (a public park|a
concert hall|flats for young families|a market hall). Work will begin in {month} and take about {few} years. (Many residents|Some
shop owners|Local schools) welcome the plan, (but others worry about the noise|although its price has doubled|while a small group
wants to keep the building as it is). The mayor said that the project would bring (new jobs|visitors|life) to a part of town that
had been (empty|forgotten|closed off) for decades.

(Bees|Bumblebees|Hoverflies) visit thousands of flowers a day and carry pollen from one to the next. Without them, (apple|almond|
cherry) trees would bear (hardly any fruit|far fewer fruits). In recent years their numbers have fallen, (mainly because meadows
have disappeared|because of pesticides and new diseases|as winters have become milder and springs less reliable). Farmers near
{town} have therefore sown strips of wild flowers along their fields, and {tens} gardens have joined them.

When {name} opened a small (bakery|repair shop|bookshop|tailor's workshop) in {town} {few} years ago, (nobody expected it to
last|the bank refused a loan|there were only {few2} customers a day). Today it has {tens} regular customers and {few3} employees. The
secret, {name} says, is (to remember every customer's name|to open when others are closed|never to sell anything one would not buy
oneself). Next year a second shop will open in {city}.

A study of {hundreds} (office workers|students|nurses|bus drivers) found that those who (took a short walk at noon|slept at least
seven hours|had a hobby they shared with others|put their telephones away in the evening) (felt less tired|made fewer mistakes|were
ill less often). The effect was small but (lasted for months|could be seen in all age groups). The authors warn that the study does
not prove a cause: (healthier people may simply have better habits|the participants reported on themselves). They plan a second one
with {hundreds2} people.

The old lighthouse on the cliffs near {town} was built in {year} after (three ships were lost in one winter|a great storm|a
petition of the fishermen). For almost a century a keeper lived there with (his family|two goats|only a dog for company). Since the
light (became automatic|was switched off) the tower has been (empty|a small museum|home to a weather station). On clear days,
visitors can see (the islands|the mountains across the bay|ships forty kilometres away) from the top of its {hundreds} steps.

{name} had never (been on a boat|ridden a horse|slept in a tent|cooked for more than two people) before the trip to {region}. On the
first day everything went wrong: (the rain did not stop|the luggage was lost|the map was of another valley), and by evening
{name} wanted to go home. Then (an old man invited the group to his kitchen|the clouds opened over the valley|somebody began to
sing). Looking back, {name} calls it the (best|strangest|most important) week of the year.

More and more cities are trying out (free buses|car-free Sundays|wider cycle lanes|lower speed limits). In {city}, traffic on the
main streets fell by {percent} per cent within {few} months. (Shopkeepers were afraid of losing customers, but sales hardly
changed|Delivery drivers complain about longer ways|Parents say that children now walk to school alone). The council will decide in
{month} whether (the trial becomes permanent|other districts will follow). Experts say that such changes work best when (people can
see the result quickly|good alternatives exist from the first day|everybody is asked in advance).

Tea reached {country} (by sea|on the backs of camels|with merchants from the east) several centuries ago and was at first (a
medicine|a luxury for the rich|regarded with suspicion). (Taxes on it filled the treasury|Smugglers made fortunes|Poets wrote about
it). Only when (prices fell|railways reached the countryside|gardens were planted at home) did it become the drink of ordinary
people. Today the average person there drinks {few} cups a day, (usually with milk|often with mint|mostly without sugar).

The company announced on (Monday|Tuesday|Thursday) that it will (close its factory in {town}|hire {hundreds} people|move its head
office to {city}|stop selling its oldest product). Its profit had (fallen by {percent} per cent|risen for the third year in a row)
because of (higher energy prices|strong demand abroad|a shortage of parts). Trade unions (called for talks|spoke of a good day for
the region|were surprised). The chief executive, {name} {surname}, said that (the decision had not been easy|there was no
alternative|customers would notice no difference).

Octopuses can (open jars|change colour in less than a second|squeeze through a hole the size of a coin|remember faces). Most of
their nerve cells are not in the head but in the arms, (so that each arm can decide a good deal for itself|which makes it hard to
compare their minds with ours). They live (only one or two years|mostly alone), and the mother (stops eating while she guards her
eggs|dies soon after the young hatch). Researchers in {city} are now studying (whether they dream|how they learn from each other|how
they find their way home).

Last {weekday} the (river|stream|canal) near {town} rose by {few} metres after (two days of rain|a sudden thaw|a dam had to be
opened). {tens} families had to leave their homes, and (the school|the sports hall|the church) became a shelter. Volunteers filled
{hundreds} sandbags (during the night|within a few hours). Nobody was hurt, but (the old bridge was damaged|several cellars are still
full of water|the harvest on the lower fields is lost). The forecast for the coming days is (better|uncertain).

Learning an instrument as an adult is (slower|different) but by no means hopeless. Adults (understand the theory more
quickly|practise with more patience), whereas children (have more time|care less about mistakes). {name}, who took up the
(cello|piano|trumpet|accordion) at the age of {tens}, recommends (short lessons every day|playing with others as early as
possible|choosing music one loves). After {few} years {name} now plays in (a small orchestra|a dance band|the church of {town}).

The new library in {town} has no silent rooms. Instead there are (workshops|a kitchen|music studios|a garden on the roof) and sofas
between the shelves. (Half of all visitors come without borrowing anything|Young people stay until closing time|Some older readers
miss the quiet). The librarian, {name} {surname}, believes that a library should be (a place to meet|as open as a market square).
In its first year it counted {hundreds} visitors a day, (twice as many as the old building|far more than planned).

Bread rises because yeast turns sugar into gas. The dough must therefore be (strong enough to hold the bubbles|kneaded until it is
elastic), and it needs (warmth and time|several hours of rest). In a cold kitchen it (takes longer but tastes better|may need to
stand overnight). Bakers in {town} (keep a sourdough that is {tens} years old|use flour from a single mill|bake in an oven fired
with beech wood). If the crust is to be crisp, there must be steam in the oven during the first {few} minutes.

A telescope on a mountain in {country} has taken pictures of (a comet|a dying star|a cloud in which stars are born|a distant galaxy).
The light had been on its way for {hundreds} years. What surprised the astronomers most was (its strange colour|a faint ring around
it|that it had become brighter). One explanation is (a collision|dust that reflects the light|a second object that cannot be seen).
More observations are planned for {month}, (when the sky will be darker|as soon as the winter storms are over).

The football club of {town} was founded in {year} by (workers of a textile mill|three brothers|the teachers of the grammar school). It
has never won a title, but (its supporters are known for their songs|every home game is sold out|it has raised several famous
players). This season it lost {few} of its first matches, (the coach resigned|the roof of the stand began to leak) and relegation
seemed certain. Then (a goalkeeper of seventeen|a retired striker|a cook from the stadium restaurant) joined the team, and
everything changed.
`).map((passage) => passage.replaceAll('\n', ' '))
