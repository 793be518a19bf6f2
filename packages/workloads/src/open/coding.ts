import { templated } from '../templates.ts'
import { lines, list, numbers } from '../words/lists.ts'

export const coding = templated({
  name: 'coding',
  describe: 'small tasks in Python, JavaScript and SQL',
  templates: lines(`
    Write a {language} function that {task}.
    Write a {language} function that {task}. Add (a comment|an example call|a test|error handling).
    How do I {howto} in {language}?
    (Explain|Show me) how to {howto} in {language} (in a few lines|with an example|and what to look out for).
    What is the difference between {concept} and {concept2} in programming?
    Explain what {concept} means in programming (to a beginner|with a short example|in three sentences).
    Write a {language} (class|object) that represents {entity} with a name and {few} other useful properties.
    Write an SQL query that {query} from the table {table}.
    Create an SQL table called {table} with an id and {few} other columns.
    Write a regular expression that matches {pattern} and explain it.
    What does this Python code print?\\nfor i in range({few}, {tens}, {few2}):\\n    print(i * {few3})
    What is wrong with this code?\\ndef total(items):\\n    for item in items:\\n        sum = {few} + item\\n    return sum
    Rewrite this loop as a list comprehension:\\nresult = []\\nfor n in range({tens}):\\n    if n % {few} == 0:\\n        result.append(n * {few2})
    Write a {language} program that asks for {input} and prints {output}.
    Suggest good names for a function that {task}.
    Write a short docstring for a function that {task}.
    Write a command line that {shell}.
    Give me a small HTML page that shows {entity} with a (heading|table|list|button).
  `).map((template) => template.replaceAll('\\n', '\n')),
  words: {
    language: list('Python, JavaScript, Python, JavaScript, TypeScript, Java'),
    task: lines(`
      reverses a string
      counts the vowels in a word
      returns the largest number of a list
      removes duplicates from a list but keeps the order
      checks whether a word is a palindrome
      converts Celsius to Fahrenheit
      merges two sorted lists
      computes the factorial of a number
      returns the n-th Fibonacci number
      checks whether a year is a leap year
      counts how often each word occurs in a text
      formats a number of seconds as hours, minutes and seconds
      finds the second smallest number of a list
      splits a list into chunks of a given size
      validates an email address roughly
      sums the digits of a number
      turns a title into a URL slug
      rounds a price to two decimals
      returns all prime numbers below a limit
      flattens a nested list
      groups people by the city they live in
      finds the longest word of a sentence
      computes the average of a list and ignores missing values
      rotates a list by n places
      checks whether two words are anagrams
      converts a Roman numeral to a number
      draws a triangle of stars with n rows
      shuffles a deck of cards
      capitalises the first letter of each word
      returns the days between two dates
      finds the common elements of two lists
      simulates rolling two dice
    `),
    howto: lines(`
      read a file line by line
      sort a list of objects by age
      make an HTTP request
      handle an exception
      parse JSON
      write to a CSV file
      loop over a dictionary
      join strings with a comma
      measure how long a function takes
      copy a nested object
      read command line arguments
      generate a random number between 1 and 10
      format today's date
      test whether a file exists
      define a default value for a parameter
      filter the even numbers of a list
      wait for two seconds
      round a number
      find the index of an element
      swap two variables
    `),
    concept: list(`
      a list, a set, a loop, recursion, a class, an interface, a stack, a queue, a hash table, a compiler, an interpreter,
      a variable, a constant, a thread, a process, inheritance, an exception, a unit test, a callback, a promise, a module`),
    entity: list(`
      a book, a bank account, a library member, a pet, a recipe, a football team, a train ticket, a plant, a weather report,
      a song, a hotel room, a to-do item, a student, a car, a shopping cart, a museum, a planet, a chess player`),
    query: lines(`
      counts all rows
      selects the ten newest rows
      selects all rows created in 2023
      selects the three largest values of price
      counts rows by city
      computes the average of amount
      finds rows whose name starts with A
      deletes rows older than one year
      selects the names in alphabetical order
      finds duplicate email addresses
      sums the amount per month
    `),
    table: list(
      'orders, customers, employees, books, flights, invoices, students, products, songs, bookings, sensors, visits',
    ),
    pattern: list(`
      a date such as 2024-05-31, a five-digit postcode, a hexadecimal colour, an email address, a time such as 09:45, a word of
      four letters, a number with two decimals, a hashtag, a telephone number, a file name that ends in .txt, an IPv4 address`),
    input: list(
      'a name and an age, two numbers, a sentence, a temperature, a list of prices, a birthday, a word, a radius',
    ),
    output: list(
      'a greeting, the result in one line, the longest part, a small table, the total, every second letter, the area',
    ),
    shell: lines(`
      lists all files larger than 10 MB
      counts the lines of all Python files
      finds the word error in a log file
      renames all .jpeg files to .jpg
      shows the five largest folders
      copies a folder to another computer
      deletes all empty folders
      shows which process uses port 8080
    `),
    few: numbers(2, 9),
    tens: numbers(12, 60),
  },
})
