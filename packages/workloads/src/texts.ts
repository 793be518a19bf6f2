import type { Workload } from './workload.ts'

/** The user's last turns alone, for the reference target, whose chats are single turns. */
export function* textsOf(workload: Workload, seed: number): Generator<string, never> {
  const chats = workload.prompts(seed)
  for (;;) yield chats.next().value.at(-1)?.content ?? ''
}
