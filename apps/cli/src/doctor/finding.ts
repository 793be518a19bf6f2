export type Status = 'ok' | 'warn' | 'fail'

/** What one check found. */
export interface Finding {
  readonly status: Status
  readonly detail: string
  /** What to do about it; absent when all is well. */
  readonly advice?: string
}

export interface Check {
  readonly name: string
  /** May throw: that is a finding too. */
  run(): Finding | Promise<Finding>
}

export interface Diagnosis extends Finding {
  readonly name: string
}

export const ok = (detail: string): Finding => ({ status: 'ok', detail })
export const warn = (detail: string, advice: string): Finding => ({ status: 'warn', detail, advice })
export const fail = (detail: string, advice: string): Finding => ({ status: 'fail', detail, advice })

/** Runs all checks in order; one that throws fails with its own words and does not stop the others. */
export async function diagnose(checks: readonly Check[]): Promise<Diagnosis[]> {
  const diagnoses: Diagnosis[] = []
  for (const check of checks) {
    try {
      diagnoses.push({ name: check.name, ...(await check.run()) })
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      diagnoses.push({ name: check.name, status: 'fail', detail })
    }
  }
  return diagnoses
}
