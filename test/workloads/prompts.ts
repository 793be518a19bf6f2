import { referenceWorkloads, textsOf } from '@foretoken/workloads'

export interface WorkloadPrompt {
  readonly domain: string
  readonly prompt: string
}

/** `count` different prompts of the kinds that the reference target knows, which take turns; the same every time. */
export function workloadPrompts(count: number): WorkloadPrompt[] {
  const streams = referenceWorkloads.map((workload) => ({ domain: workload.name, texts: textsOf(workload, 1) }))
  return Array.from({ length: Math.ceil(count / streams.length) }, () =>
    streams.map(({ domain, texts }) => ({ domain, prompt: texts.next().value })),
  )
    .flat()
    .slice(0, count)
}
