export * from './books.ts'
