import { defineConfig } from 'drizzle-kit'

/** `npm run -w db generate` compares the schema with the last snapshot and writes the next migration. */
export default defineConfig({ dialect: 'postgresql', schema: './src/schema/index.ts', out: './migrations' })
