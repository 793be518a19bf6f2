import type { Nano } from './money.ts'

/** What a token costs, in nano-units, by what it is. */
export interface Rates {
  readonly input: Nano
  /** Of the prompt, and found in the prefix cache. */
  readonly cachedInput: Nano
  readonly output: Nano
  readonly batchInput: Nano
  readonly batchCachedInput: Nano
  readonly batchOutput: Nano
  /** A token that a draft was taught with, by the tenant's own order. */
  readonly training: Nano
}

/** Rates of a model from a moment on, until the next version. */
export interface Price extends Rates {
  readonly id: string
  /** `ANY_MODEL`: of every model that has no version of its own by then. */
  readonly model: string
  readonly currency: string
  readonly validFrom: Date
}

export const ANY_MODEL = '*'

/** As usage counts them: cached tokens are part of the prompt. */
export interface UsedTokens {
  readonly promptTokens: number
  readonly cachedTokens: number
  readonly completionTokens: number
}

export interface Charge {
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
  readonly inputNano: Nano
  readonly cachedNano: Nano
  readonly outputNano: Nano
  readonly totalNano: Nano
}

/**
 * What a request is billed for:
 *
 * - what was delivered: the prompt, and the completion tokens that reached the gateway, however the request ended;
 * - a client that leaves pays for the prompt once a worker began with it, and for the tokens up to then;
 * - a request that fails before its first completion token costs nothing, the prompt included;
 * - a gateway that is killed bills what it had written down of a request by then, as any failure.
 *
 * A token that a draft proposed costs what any other does: what the tenant saves is time.
 */
export function billedTokens(usage: UsedTokens & { readonly status: string }): UsedTokens {
  if (usage.status !== 'failed' || usage.completionTokens > 0) return usage
  return { promptTokens: 0, cachedTokens: 0, completionTokens: 0 }
}

/** Null rates: no price is in force, and everything is free. */
export function charge(tokens: UsedTokens, rates: Pick<Rates, 'input' | 'cachedInput' | 'output'> | null): Charge {
  const inputTokens = tokens.promptTokens - tokens.cachedTokens
  const { cachedTokens, completionTokens: outputTokens } = tokens
  const inputNano = BigInt(inputTokens) * (rates?.input ?? 0n)
  const cachedNano = BigInt(cachedTokens) * (rates?.cachedInput ?? 0n)
  const outputNano = BigInt(outputTokens) * (rates?.output ?? 0n)
  const totalNano = inputNano + cachedNano + outputNano
  return { inputTokens, cachedTokens, outputTokens, inputNano, cachedNano, outputNano, totalNano }
}

/** The version in force for a model at a moment: the model's own before that of any model, the latest of each. */
export function priceInForce<Version extends Pick<Price, 'model' | 'validFrom'>>(
  versions: readonly Version[],
  model: string,
  at: Date,
): Version | null {
  const begun = versions.filter(({ validFrom }) => validFrom <= at)
  const latest = (name: string) =>
    begun
      .filter((version) => version.model === name)
      .reduce<Version | null>((best, each) => (best && best.validFrom >= each.validFrom ? best : each), null)
  return latest(model) ?? latest(ANY_MODEL)
}
