import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { exampleCall } from '@foretoken/protocol/testing'
import { type Contender, openAiTarget } from './contender.ts'
import { MODEL } from './processes/answers.ts'
import { type Measured, startTold } from './processes/child.ts'

export interface Upstream {
  readonly url: string
  /** Without a gateway: as ours asks it, and as the others do. */
  readonly contenders: readonly Contender[]
  /** Pause between the texts of one answer from now on. */
  pace(paceMs: number): Promise<void>
  stop(): Promise<void>
}

/** Starts the fake worker that is a fake OpenAI as well. */
export async function startUpstream(log: number): Promise<Upstream> {
  const { child, ...measured } = await startTold({ command: [process.execPath, '--import', 'tsx', MAIN], log })
  return {
    url: measured.url,
    contenders: contendersOf(measured),
    pace: async (paceMs) => {
      const paced = once(child, 'message')
      child.send({ paceMs })
      await paced
    },
    stop: measured.stop,
  }
}

const MAIN = fileURLToPath(new URL('processes/upstream.ts', import.meta.url))

function contendersOf(process: Measured): Contender[] {
  const { url } = process
  const worker: Contender = {
    name: 'worker',
    baseline: null,
    process,
    target: () => ({
      url,
      path: '/rpc/v1/generate',
      headers: {},
      body: JSON.stringify(exampleCall(MODEL)),
      ending: '"type":"end"',
    }),
  }
  const openAi: Contender = {
    name: 'openai',
    baseline: null,
    process,
    target: (stream) => openAiTarget(url, stream, {}),
  }
  return [worker, openAi]
}
