import { blocks } from '../words/lists.ts'

/** A service with its methods and slots, and a conversation in which it is used; user and assistant take turns. */
export interface Conversation {
  readonly service: string
  readonly methods: string
  readonly slots: string
  readonly turns: readonly string[]
}

export const conversations: readonly Conversation[] = blocks(`
Hotels_5 | SearchRooms, BookRoom | city, arrival, nights, guests, stars, price, hotel_name
I (need|am looking for) a hotel in {city} (with {few} stars|that is not expensive|near the station).
When will you arrive, and how long do you want to stay?
From {day}, and we stay for {few2} nights.
I found the {hotel} with {few} stars. A room costs {money} dollars a night.
(Is there anything else?|That is too much.|Do you have another one?)
There is also the {hotel2} in {city}, for {money2} dollars.
(I will take that one|Please book it) for {few3} (people|guests).
Please confirm: the {hotel2} from {day} for {few2} nights and {few3} guests.
Yes, that is (right|correct|fine).

Restaurants_3 | FindTable, BookTable | restaurant, city, cuisine, date, time, party_size, live_music
(Find me|I want) a {cuisine} restaurant in {city}.
Do you want a place with live music?
(Yes, that would be nice|No, it should be quiet|I do not mind).
How about {restaurant} in {city}?
(Sounds good|Fine), reserve a table for {few} at {hour}.
On which day?
On {day}(, please|).
I will book a table at {restaurant} for {few} on {day} at {hour}. Is that correct?
(Make it {hour2} instead|Yes, please|Yes, but for {few2} people).

Buses_4 | SearchBus, BuyTicket | from_city, to_city, date, time, passengers, fare
I (want|have) to go to {city} by bus.
Where do you leave from, and when?
From {city2} on {day}.
A bus leaves {city2} at {hour}. A ticket costs {money} dollars.
(How long does it take|Is there a later one|Is there one in the afternoon)?
There is one more at {hour2}, for the same price.
(Get me|Buy) {few} tickets for (that one|the one at {hour}).
{few} tickets from {city2} to {city} on {day}, is that right?
(That is right|Yes, thank you|Exactly).

Doctors_2 | FindDoctor, MakeAppointment | doctor_name, speciality, city, date, time
I need to see a {doctor} in {city}.
{name} {surname} is a {doctor} in {city}. Do you want an appointment?
(What is the address?|Where is that?|Yes, please.)
The practice is at {number} {street}. When would you like to come?
On {day} at {hour}.
They are full at that time. Would {hour2} be fine?
(Yes, {hour2} is fine|No, then {day2} at {hour}).
Your appointment with {name} {surname} is confirmed.
(Thank you|Great). What was the (address|telephone number) again?

Flights_6 | SearchFlight, BookFlight | from_city, to_city, departure, return, passengers, airline, seat
(Find|Look for) a flight to {city}.
From which city, and on what day?
From {city2} on {day}, (return on {day2}|one way).
{airline} flies at {hour} for {money} dollars.
Is it a (direct|morning|night) flight?
Yes, it arrives {few} hours later.
(Book it|I will take it) for {few2} (people|passengers) in (economy|business).
Shall I book {airline} from {city2} to {city} on {day} for {few2}?
Yes, (please do|that is all).

Cars_4 | FindCar, ReserveCar | city, station, type, pickup_date, pickup_time, return_date, price
I want to rent a (small|large|standard) car in {city}.
From which day, and until when?
From {day} until {day2}.
At what time will you pick it up?
At {hour}(, please|).
There is a {car} at {station} for {money} dollars.
(That is fine|That sounds good|All right). (Reserve it|I would like insurance, too).
The {car} at {station} from {day} at {hour}, until {day2}. Correct?
(Correct|Yes, go ahead|No, I need it until {day3}).

Music_4 | SearchSong, PlaySong | song, artist, album, genre, year, room
I (feel like|would like to hear) some {genre}.
Do you have a singer or an album in mind?
Something by {artist} (from {year}|that is quiet|).
How about {song} by {artist}?
(I know that one already|I do not like that one|Something else, please).
Then try {song2} from {year}.
(Play it|Start it) in the {room}.
Please confirm: play {song2} in the {room}.
(Yes|Right|No, in the {room2}).

Bank_3 | GetBalance, SendMoney | account, amount, recipient, balance
(Show me|I would like to see|Tell me) the balance of my {account} account.
There are {money} dollars in your {account} account.
(Send|Transfer) {money2} dollars to {name}.
Into the checking or the savings account of {name}?
(Checking|Savings), please.
You want to send {money2} dollars to {name}. Is that so?
(Yes|No, only {money3} dollars).
The money has been sent.
And how much (is left|do I have now|is in the other account)?

Events_5 | FindEvent, GetDates, BuyTickets | event, kind, city, date, tickets, venue
Is there a (concert|match|play) in {city} (on {day}|soon)?
{artist} will be at {venue} on {day}.
(When does it start|How much is it)?
It starts at {hour}, and a ticket costs {money} dollars.
I (want|need) {few} tickets.
{few} tickets for {artist} at {venue} on {day}?
(Yes|Exactly|Make it {few2}).
Your tickets are booked.
What is the address of {venue}?

Homes_4 | FindHome, PlanVisit | city, street, bedrooms, bathrooms, rent, pets, visit_date
I am looking for (an apartment|a house|a flat) in {city}.
How many bedrooms and bathrooms do you need?
{few} bedrooms and one bathroom.
There is one at {number} {street} for {money} dollars a month.
(Are pets allowed|Is it furnished|Does it have a laundry)?
(Yes|No), but it has a balcony.
(Can I see it on {day}?|I want to visit it on {day}.|Let me visit it on {day}.)
Shall I plan a visit to {number} {street} on {day}?
(Yes, please|Rather on {day2}).

Movies_3 | FindMovie, BuyMovieTickets | movie, kind, city, cinema, date, time, tickets
I want to see a (funny|scary|romantic|French|animated) movie.
In which city, and on which day?
In {city}, on {day}.
{title} is shown at the {cinema} at {hour}.
(Who directed it?|Is there anything later?|And who is the director?)
{name} {surname} directed it, and it is shown again at {hour2}.
(Buy|Get) {few} tickets for {hour2}.
{few} tickets for {title} at {hour2} in the {cinema}?
(Yes|Correct|No, just {few2}).

Calendar_3 | ListEvents, AddEvent | event, date, time, place
What do I have on {day}?
You have one event: {event} at {hour}.
Am I free (at {hour2}|afterwards|in the evening)?
Yes, there is nothing else.
Then add {event2} at {hour2}.
Where does it take place?
At {number} {street} in {city}.
I will add {event2} on {day} at {hour2}, {number} {street}. Correct?
(That is correct|No, at {hour3}|Yes, thank you).

Salon_2 | FindSalon, BookVisit | salon, city, date, time, service
I need a haircut in {city}.
{salon} is well known. Would you like to go there?
Is it (for women, too|expensive|good)?
It has {few} stars, and a cut costs {money} dollars.
Book me in for {day} at {hour}.
{salon} on {day} at {hour}, is that right?
(Yes|No, on {day2}|Sure).
They are full then. Shall it be {hour2}?
(That works|All right|No, thank you).

Taxi_3 | FindRide, OrderTaxi | pickup, destination, passengers, shared, fare
I need a taxi to {place} in {city}.
For how many people?
For {few}(, and a shared one, please|, with luggage).
The ride will cost {money} dollars. Shall I order it?
How long (do I have to wait|does it take)?
It will be there in {few2} minutes.
(Order it|Yes, go ahead|Then {few3} people, please).
The taxi to {place} is on its way.
(Thanks|Great), what is the driver's name?

Coffee_2 | show_menu, add_item, change_item, finish_order | item, size, milk, amount
(Hi|Good morning|Hello), (can I get|I would like|could I order) a {drink}.
Which size, and with what milk?
A {size} one with {milk}(, please|).
Anything to eat with it?
(What do you have?|Maybe. What is there today?|I might.)
We have {cake} and {cake2} today.
Then {few} {cake2}, and make the {drink} {temperature}.
One {drink}, {few} {cake2}. Is that everything?
(Yes|No, add a {drink2}|Yes, that is all).
`).map((block) => {
  const [first = '', ...turns] = block.split('\n')
  const [service = '', methods = '', slots = ''] = first.split(' | ')
  return { service, methods, slots, turns }
})

const TURNS_MAX = 6

/** What has been said when it is the assistant's turn: the last turns of it, as much as fits. */
export function partsOf({ turns }: Conversation): string[] {
  const said = turns.map((turn, at) => `${at % 2 === 0 ? 'User' : 'Assistant'}: ${turn}`)
  return said.flatMap((_, at) => (at % 2 === 0 ? [said.slice(Math.max(0, at + 1 - TURNS_MAX), at + 1).join('\n')] : []))
}
