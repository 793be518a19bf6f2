import type { GraphBuilder } from '../create.ts'
import type { Value } from '../ir.ts'

/** Constants of AdamW, under the names and with the defaults of PyTorch. */
export interface AdamWOptions {
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
  /** Per step and unit of learning rate. */
  readonly weightDecay?: number
}

/** What every parameter's update has in common; each [] and in the parameters' dtype. */
export interface StepScalars {
  /** 1 for the first update. */
  readonly step: Value
  readonly learningRate: Value
  /** Multiplies the gradients, see `clipByGlobalNorm`. */
  readonly gradientFactor: Value
}

/** What one parameter brings to its update; all of one shape. */
export interface Slot {
  readonly parameter: Value
  readonly gradient: Value
  readonly moment1: Value
  readonly moment2: Value
  /** Where weight decay pulls to: zero or a value; undefined is no decay. */
  readonly decayTo: 'zero' | Value | undefined
}

/**
 * AdamW: Adam with decoupled weight decay, equal to PyTorch's `torch.optim.AdamW`. Source: Loshchilov & Hutter,
 * "Decoupled Weight Decay Regularization", ICLR 2019, algorithm 2.
 *
 *     m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²
 *     θ ← θ − η λ (θ − anchor) − η · m / (1 − β₁ᵗ) ÷ (√(v / (1 − β₂ᵗ)) + ε)
 *
 * Large parameters make this a matter of memory bandwidth, so scalars are joined with scalars: with r = √(1 − β₂ᵗ)
 * the last term is m ÷ (√v + ε r) · η r / (1 − β₁ᵗ). Returns the update for one parameter.
 */
export function adamW(graph: GraphBuilder, scalars: StepScalars, options: AdamWOptions = {}) {
  const { beta1, beta2, epsilon, weightDecay } = checked(graph, options)
  const { step, learningRate, gradientFactor } = scalars
  const number = (value: number) => graph.scalar(value, step.dtype)
  const unbiased = (beta: number) => graph.sub(number(1), graph.pow(number(beta), step))
  const root = graph.sqrt(unbiased(beta2))
  const rate = graph.div(graph.mul(learningRate, root), unbiased(beta1))
  const floor = graph.mul(root, number(epsilon))
  const share1 = graph.mul(gradientFactor, number(1 - beta1))
  const share2 = graph.mul(graph.mul(gradientFactor, gradientFactor), number(1 - beta2))
  const average = (beta: number, old: Value, now: Value, share: Value) =>
    graph.add(graph.mul(old, number(beta)), graph.mul(now, share))
  const pull = graph.mul(learningRate, number(weightDecay))
  const kept = graph.sub(number(1), pull)
  const decayed = (parameter: Value, to: Slot['decayTo']) => {
    if (to === undefined || weightDecay === 0) return parameter
    return to === 'zero' ? graph.mul(parameter, kept) : graph.sub(parameter, graph.mul(graph.sub(parameter, to), pull))
  }
  return ({ parameter, gradient, decayTo, ...old }: Slot) => {
    const moment1 = average(beta1, old.moment1, gradient, share1)
    const moment2 = average(beta2, old.moment2, graph.mul(gradient, gradient), share2)
    const change = graph.mul(graph.div(moment1, graph.add(graph.sqrt(moment2), floor)), rate)
    return { parameter: graph.sub(decayed(parameter, decayTo), change), moment1, moment2 }
  }
}

function checked(graph: GraphBuilder, options: AdamWOptions): Required<AdamWOptions> {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01 } = options
  for (const [name, beta] of Object.entries({ beta1, beta2 })) {
    if (!(beta >= 0 && beta < 1)) graph.refuse('AdamW', `${name} ${beta} is not in [0, 1)`)
  }
  if (!(epsilon > 0)) graph.refuse('AdamW', `epsilon ${epsilon} is not above 0`)
  if (!(weightDecay >= 0)) graph.refuse('AdamW', `weightDecay ${weightDecay} is below 0`)
  return { beta1, beta2, epsilon, weightDecay }
}
