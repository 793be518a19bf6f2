import { templated } from '../templates.ts'
import { lines, list, numbers } from '../words/lists.ts'
import { names, surnames } from '../words/people.ts'

/** Mails of customers, answered as the house answers them. */
export const shopSupport = templated({
  name: 'shop-support',
  describe: 'a customer’s mail to an answer in house style',
  system:
    'You answer mails for the web shop Larkfield Home in the house style: short, kind, with the order number, and never with a promise of money.',
  examples: [
    {
      user: 'Mail: The book case from order 11832 came with a deep scratch. What happens now? Selma Voss',
      assistant: `Dear Selma,
thank you for your message about order 11832. We are sorry that the book case arrived with a scratch.
We will send you a new one this week, and our driver will pick up the old one when it arrives. You do not have to pack it.
Kind regards,
Your Larkfield team`,
    },
    {
      user: 'Mail: Order 12054: can I still change the number of pieces to 3? It is about the plant pot. Milan',
      assistant: `Dear Milan,
thank you for your message about order 12054. We have changed the number of plant pots to 3.
Your parcel will leave our house tomorrow, and we will send you a new invoice by mail.
Kind regards,
Your Larkfield team`,
    },
  ],
  templates: lines(`
    Mail: Hello, {article} from order {order} arrived {damage}. {wish} {name} {surname}
    Mail: Hi, I am still waiting for order {order}, {article}. It was due on {weekday}. {impatience} {name}
    Mail: Good morning, I ordered {article} in {colour} (order {order}), but got {colour2}. {wish} Regards, {name} {surname}
    Mail: Order {order}: can I still change the (delivery address|colour to {colour}|number of pieces to {few})? It is about {article}. {name}
    Mail: I would like to return {article} (order {order}), because {reason}. How does that work? {name} {surname}
    Mail: There is {part} missing from {article}, order {order}. {wish} Best, {name}
    Mail: You charged me {price} euros twice for order {order}, {article}. {impatience} {name} {surname}
    Mail: How do I {care} {article}? I bought it with order {order}. Thank you! {name}
    Mail: I got the wrong parcel. Order {order} was for {article}, and I received {article2}. {wish} {name}
    Mail: Is there a warranty on {article}? After {few} (weeks|months) it {defect}. Order {order}. {name} {surname}
    Mail: I want to cancel order {order} ({article}), because {reason}. Please confirm. {name}
    Mail: Could you send me an invoice for order {order}? I need it for {article}, {price} euros. Thanks, {name} {surname}
    Mail: I love {article} from order {order}! Do you have it in {colour}, too? {name}
  `),
  words: {
    article: list(`
      the desk lamp, the wool blanket, the oak shelf, the teapot, the kitchen scale, the floor mirror, the duvet, the coat rack,
      the bread knife, the garden chair, the wall clock, the set of bowls, the laundry basket, the rug, the bar stool, the vase,
      the curtain rod, the toaster, the pepper mill, the bedside table, the salad bowl, the door mat, the candle holder,
      the ironing board, the cutting board, the spice rack, the armchair, the bath towels, the umbrella stand, the frying pan`),
    order: numbers(20_117, 89_960, 217),
    damage: lines(`
      with a crack in the side
      with a broken leg
      scratched all over
      in a wet box
      without its cable
      bent
      in two pieces
      with a stain that does not come off
      with the handle torn off
      dented at one corner
    `),
    wish: lines(`
      Can I get a new one?
      I would like my money back.
      Please tell me what to do.
      Will you pick it up?
      Could you send a replacement by {weekday}?
      What happens now?
      I expect a discount.
      Do I have to send it back?
    `),
    impatience: lines(`
      What is going on?
      I need it for a birthday.
      Please look into this.
      This is the (second|third) time I write.
      When can I expect an answer?
      I am a little disappointed.
      Can you check, please?
    `),
    reason: lines(`
      it does not fit through the door
      I found a cheaper one
      the colour looks different on the screen
      I ordered it by mistake
      it is louder than I thought
      my sister gave me the same one
      it is too small for our kitchen
      we are moving abroad
      the material feels thin
    `),
    part: list(
      'a screw, one leg, the lid, the manual, a shelf board, the plug, one handle, the cover, a hinge, the filter',
    ),
    care: list('clean, assemble, repair, store, oil, wash, fold up, hang up'),
    defect: list(
      'wobbles, squeaks, has lost its colour, no longer closes, stopped working, smells odd, has rust spots, leaks',
    ),
    colour: list('blue, grey, forest green, white, mustard yellow, black, terracotta, natural oak, cream, dark red'),
    weekday: list('Monday, Tuesday, Wednesday, Thursday, Friday, Saturday'),
    few: numbers(2, 9),
    price: numbers(19, 249, 7),
    name: names,
    surname: surnames,
  },
})
