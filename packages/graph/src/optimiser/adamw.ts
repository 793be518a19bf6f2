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
 * AdamW: Adam with decoupled weight decay, in the form of PyTorch's `torch.optim.AdamW`. Source: Loshchilov & Hutter,
 * "Decoupled Weight Decay Regularization", ICLR 2019, algorithm 2.
 *
 *     m ← β₁ m + (1 − β₁) g        v ← β₂ v + (1 − β₂) g²
 *     θ ← θ − η λ (θ − anchor) − η · m / (1 − β₁ᵗ) ÷ (√(v / (1 − β₂ᵗ)) + ε)
 *
 * `step` is t, 1 for the first update, and `learningRate` is η, both [] and in the parameters' dtype. Returns the
 * update for one parameter; what all of them share is computed once.
 */
export function adamW(graph: GraphBuilder, step: Value, learningRate: Value, options: AdamWOptions = {}) {
  const { beta1, beta2, epsilon, weightDecay } = checked(graph, options)
  const number = (value: number) => graph.scalar(value, step.dtype)
  const unbiased = (beta: number) => graph.sub(number(1), graph.pow(number(beta), step))
  const rate = graph.div(learningRate, unbiased(beta1))
  const root = graph.sqrt(unbiased(beta2))
  const average = (beta: number, old: Value, now: Value) =>
    graph.add(graph.mul(old, number(beta)), graph.mul(now, number(1 - beta)))
  return ({ parameter, gradient, decayTo, ...old }: Slot) => {
    const moment1 = average(beta1, old.moment1, gradient)
    const moment2 = average(beta2, old.moment2, graph.mul(gradient, gradient))
    const scale = graph.add(graph.div(graph.sqrt(moment2), root), number(epsilon))
    const stepped = graph.sub(parameter, graph.mul(graph.div(moment1, scale), rate))
    if (decayTo === undefined || weightDecay === 0) return { parameter: stepped, moment1, moment2 }
    const distance = decayTo === 'zero' ? parameter : graph.sub(parameter, decayTo)
    const pull = graph.mul(distance, graph.mul(learningRate, number(weightDecay)))
    return { parameter: graph.sub(stepped, pull), moment1, moment2 }
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
