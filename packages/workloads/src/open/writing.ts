import { templated } from '../templates.ts'
import { works } from '../words/culture.ts'
import { lines, list } from '../words/lists.ts'
import { business, events, products } from '../words/living.ts'
import { characters, professions, relations } from '../words/people.ts'
import { cities, regions, venues } from '../words/places.ts'

export const writing = templated({
  name: 'writing',
  describe: 'emails, stories, posts and product descriptions',
  templates: lines(`
    Write (an email|a short email|a polite message|a letter) to {relation} {matter}.
    Write a (friendly|formal|brief) email to {relation} {matter}. (Keep it under 120 words.|Sign it as {initial}.|Offer a solution.)
    (Write|Tell me) a short story about {work}.
    Write the first paragraph of a (mystery|fairy tale|ghost story|science fiction story) about {work}.
    Write a story of about (100|150|200) words in which {character} meets {character2}.
    Write a short poem about {work}.
    (Compose|Write) a (limerick|haiku|four-line poem|rhyming poem) about {profession} life in {city}.
    Write a product description for {product}.
    Write a (catchy|humorous|serious) advertisement for {product} that is aimed at (students|families|travellers|older people).
    Write a (post|short post|blog post) for social media that announces {event} at {venue}.
    Write an invitation to {event} (on Saturday evening|next Friday at 6 pm|in two weeks) at {venue}.
    Write a short speech for {event}.
    Write a diary entry of a {profession} after a (long|strange|wonderful|disappointing) day.
    Write a travel blog post about a (weekend|rainy week|first visit|winter trip) in {city}.
    Write a postcard from {region} to {relation}.
    Write a review of {product} that gives (two|three|four|five) stars out of five and (says why|is honest about one weakness).
    Draft a (newsletter|short article|press release) of (a few sentences|two paragraphs) about {subject} for {venue}.
    Write a thank-you note to {relation} for {favour}.
    Write a dialogue between a {profession} and {character} about {work}.
    Write a job advertisement for a {profession} at {venue} in {city}.
    Describe {venue} in {city} on a (rainy|sunny|cold|busy) morning, (using all five senses|as if in a novel|in about five sentences).
  `),
  words: {
    relation: relations,
    matter: lines(`
      to ask for a meeting next week
      to apologise for a late answer
      to say that I will be away for ten days
      to ask whether the deadline can be moved
      to complain about the noise at night
      to congratulate them on a new job
      to ask for a refund
      to suggest a new date for our appointment
      to say thank you for the help with the move
      to report a broken heater
      to explain why I cannot come on Friday
      to ask for a letter of recommendation
      to share the results of our survey
      to cancel a booking
      to introduce myself
      to remind them of an unpaid invoice
      to propose that we share a garden
      to ask for advice about a used car
      to invite them to lunch
      to say that the parcel arrived damaged
      to ask for permission to hang up a poster
      to offer my help on Sunday
    `),
    initial: list('M. Brandt, Dana, the committee, J. Osei, Kim, your neighbours, the team'),
    favour: list(`
      watering the plants, a birthday present, the job interview, a lovely dinner, looking after the cat, the lift home,
      good advice, fixing my bicycle, the flowers, a book, the visit to the hospital, help with the exam, the concert tickets`),
    subject: business,
    work: works,
    character: characters,
    profession: professions,
    product: products,
    event: events,
    venue: venues,
    city: cities,
    region: regions,
  },
})
