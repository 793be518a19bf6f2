import { list } from './lists.ts'

export const dishes = list(`
  lentil soup, pancakes, vegetable curry, sourdough bread, tomato sauce, risotto, apple pie, fried rice, potato salad,
  mushroom omelette, banana bread, chicken stew, falafel, guacamole, ratatouille, fish tacos, oat cookies, onion soup,
  stuffed peppers, pumpkin soup, pad thai, minestrone, hummus, shepherd's pie, ginger tea, dumplings, cheesecake,
  bean chilli, spinach lasagne, roast vegetables, rice pudding, granola, couscous salad, carrot cake, pesto, ramen`)

export const sports = list(`
  swimming, running, rock climbing, table tennis, yoga, cycling, basketball, rowing, badminton, cross-country skiing, judo,
  volleyball, sailing, archery, handball, skateboarding, tennis, fencing, surfing, orienteering, football, ice skating,
  gymnastics, golf, rugby, hiking, horse riding, squash, karate, marathon running`)

export const health = list(`
  sleeping better, back pain at a desk, drinking enough water, stress before exams, healthy breakfasts, stretching,
  sun protection, eating less sugar, tired eyes, a good posture, quitting smoking, colds in winter, walking more,
  meditation, dental care, headaches, first aid for small burns, balanced meals, recovering after sport, screen time,
  hand washing, jet lag, hay fever, cooking with less salt, muscle cramps, staying active in old age`)

export const business = list(`
  customer loyalty, cash flow, a business plan, negotiating a salary, pricing a product, running a meeting, time management,
  onboarding, market research, invoices, giving feedback, email newsletters, working from home, delegating, branding,
  customer complaints, quarterly budgets, job interviews, teamwork, public speaking, project deadlines, networking,
  supply chains, crowdfunding, online reviews, hiring a first employee, trade fairs, inventory, office plants`)

export const nature = list(`
  honey bees, otters, owls, penguins, elephants, hedgehogs, octopuses, salmon, bats, wolves, sea turtles, dragonflies,
  oak trees, mangroves, lichens, orchids, bamboo, whales, ants, foxes, storks, seahorses, ferns, cacti, squirrels, eagles,
  butterflies, crocodiles, earthworms, sunflowers, giraffes, polar bears, snails, woodpeckers, jellyfish, moss, crows`)

export const chores = list(`
  clean a bicycle chain, remove a coffee stain, repot a houseplant, sharpen a kitchen knife, paint a wall, fix a dripping tap,
  pack a suitcase, defrost a freezer, sew on a button, start a compost heap, organise a wardrobe, save electricity,
  unclog a sink, iron a shirt, clean an oven, hang a picture straight, store potatoes, grow tomatoes on a balcony,
  change a flat tyre, wash a wool sweater, choose a mattress, plan a weekly menu, back up photos, train a puppy,
  learn to juggle, write a will, keep a diary, prepare for a job interview, choose a ripe melon, read a topographic map,
  build a bird house, learn a new language, brew good coffee, host a dinner for eight, take better photos, save money,
  move to a new flat, tie a bow tie, plant an apple tree, prepare for a long hike, clean a keyboard, light a campfire`)

export const events = list(`
  a school reunion, a book fair, a street festival, a charity run, a farewell party, a science day for children, a wedding,
  a neighbourhood clean-up, a chess tournament, a harvest festival, a photo exhibition, a team retreat, a flea market,
  a birthday party for a ten-year-old, an open day, a cooking evening, a film night, a poetry reading, a spring concert,
  a bike tour, a game night, a garden party, a job fair, a quiz evening, a blood donation day, a retirement party`)

export const products = list(`
  a folding bicycle, a ceramic teapot, noise-cancelling headphones, a linen shirt, a solar lantern, a wooden puzzle,
  a cast-iron pan, an electric toothbrush, a waterproof backpack, a desk lamp, a yoga mat, a portable speaker, a wool blanket,
  a coffee grinder, an adjustable chair, hiking boots, a bird feeder, a fountain pen, a rain jacket, a garden hose,
  a smart thermostat, a picnic basket, a children's scooter, scented candles, a cotton hammock, a travel pillow,
  a kitchen scale, a leather wallet, a robot vacuum cleaner, a thermos flask, a set of watercolours, a bread box`)
