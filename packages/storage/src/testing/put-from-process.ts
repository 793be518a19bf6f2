/** Puts one object if it is absent, as soon as its standard input says so, and prints what came of it. */
import { once } from 'node:events'
import { FileSystemObjectStore } from '../object-store/file-system/file-system.ts'

const [root = '', key = '', fill = '', length = ''] = process.argv.slice(2)
process.stdout.write('ready\n')
await once(process.stdin, 'data')
const bytes = new Uint8Array(Number(length)).fill(Number(fill))
process.stdout.write(`${await new FileSystemObjectStore(root).put(key, bytes, { ifAbsent: true })}\n`)
process.exit()
