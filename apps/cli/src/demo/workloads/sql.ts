import type { Workload } from './workload.ts'

const shipments = 'Table data(order_id, customer, destination, carrier, weight_kg, shipped_on)'
const staff = 'Table data(name, department, city, salary, hired, manager)'
const stations = 'Table data(station, line, platforms, opened, passengers)'
const harvest = 'Table data(farm, crop, hectares, yield, year, region)'

const ask = (table: string, ...questions: string[]) => questions.map((question) => `${table}\nQuestion: ${question}`)

/** Questions on four tables, one SQL statement each. */
export const sql: Workload = {
  tenant: 'sql-analytics',
  description: 'table and question to SQL',
  temperature: 0,
  prompts: [
    ...ask(
      shipments,
      'Which carrier took the order to Rotterdam?',
      'What is the total weight shipped for the customer Halvorsen Marine?',
      'How many orders were shipped on 12 March with the carrier Nordfrakt?',
      'What is the heaviest order with the destination Trieste?',
    ),
    ...ask(
      staff,
      'Who works in the department Quality in the city of Graz?',
      'What is the average salary when the manager is Ines Duarte?',
      'How many people were hired in 2019?',
      'What is the highest salary in the department Logistics?',
    ),
    ...ask(
      stations,
      'On which line is the station Kirkgate?',
      'How many stations have more than 4 platforms?',
      'What is the smallest number of passengers for a station on the Harbour line?',
      'When was the station with 12 platforms opened?',
    ),
    ...ask(
      harvest,
      'Which farm grew barley in 2021?',
      'What is the total yield of the region Alentejo?',
      'How many farms have the crop olives and more than 40 hectares?',
      'What was the lowest yield when the crop was rye?',
    ),
  ],
}
