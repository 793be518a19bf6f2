import { readFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import { readDraft } from '@foretoken/drafting'
import { decodeSegment } from '@foretoken/learning'
import { fitAdapter } from '@foretoken/learning/training'
import { readTokenTables } from '@foretoken/model'
import { staticDraftFolder } from '@foretoken/static-draft'
import { splitOf } from '../adapters.ts'

/** A process that fits adapters to the traces of a file, one after the other, as a trainer would: until it is killed. */
setPriority(constants.priority.PRIORITY_LOW)
const [path = '', modelFolder = ''] = process.argv.slice(2)
const split = splitOf(decodeSegment(readFileSync(path)).traces)
const [artifact, tables] = [await readDraft(staticDraftFolder), await readTokenTables(modelFolder)]
const signal = new AbortController().signal
process.on('disconnect', () => process.exit())
for (;;) {
  await fitAdapter(artifact, tables, split, { threads: 1, signal, onProgress: () => process.send?.('fitting') })
}
