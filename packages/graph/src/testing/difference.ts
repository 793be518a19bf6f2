import { InferenceSession } from '@foretoken/onnx-runtime'
import { createGraph, type GraphBuilder } from '../create.ts'
import { grad } from '../gradient/grad.ts'
import type { Shape, Value } from '../ir.ts'
import { serialise } from '../wire/serialise.ts'
import { dtypeOf, type Feed, floats, tensorOf } from './run.ts'

export type Build = (graph: GraphBuilder, ...inputs: Value[]) => Value | readonly Value[]

/**
 * The largest difference between ∂loss/∂x by `grad` and by (loss(x + h) − loss(x − h)) ÷ 2h, over all elements of all
 * float feeds, each relative to its size where that exceeds 1. The loss is a curved function of what `build` gives.
 *
 * In double precision h = 1e-5 leaves an error near 1e-9, so anything above 1e-6 is a wrong rule.
 */
export async function gradientError(feeds: readonly Feed[], build: Build): Promise<number> {
  const { run, release } = await open(feeds, build)
  const { gradients } = await run(feeds)
  const h = 1e-5
  let worst = 0
  for (const [place, feed] of feeds.filter(isFloat).entries()) {
    for (const at of feed.data.keys()) {
      const moved = (by: number) =>
        run(
          feeds.map((each) =>
            each === feed ? { ...feed, data: feed.data.with(at, (feed.data[at] ?? 0) + by) } : each,
          ),
        )
      const measured = ((await moved(h)).loss - (await moved(-h)).loss) / (2 * h)
      worst = Math.max(worst, relative(gradients[place]?.[at], measured))
    }
  }
  await release()
  return worst
}

/** The same, between the gradients of a fused operator in single precision and of its composition in double. */
export async function fusedError(feeds: readonly Feed[], fused: Build, composed: Build): Promise<number> {
  const single = await gradientsOf(feeds.map(toSingle), fused)
  const double = await gradientsOf(feeds, composed)
  return Math.max(
    ...double.flatMap((each, place) => [...each].map((value, at) => relative(single[place]?.[at], value))),
  )
}

async function gradientsOf(feeds: readonly Feed[], build: Build): Promise<number[][]> {
  const { run, release } = await open(feeds, build)
  const { gradients } = await run(feeds)
  await release()
  return gradients
}

export const doubles = (dims: readonly number[], data: readonly number[], shape?: Shape): Feed => ({
  dims,
  data: Float64Array.from(data),
  ...(shape && { shape }),
})

/** A double feed of irregular numbers in [low, high], the same ones for the same seed. */
export function irregular(
  dims: readonly number[],
  seed: number,
  { low = -2, high = 2, shape = dims }: { low?: number; high?: number; shape?: Shape } = {},
): Feed {
  const count = dims.reduce((total, size) => total * size, 1)
  const fraction = (at: number) => 0.5 + 0.5 * Math.sin(seed * 12.9898 + at * 78.233)
  return doubles(
    dims,
    Array.from({ length: count }, (_, at) => low + (high - low) * fraction(at)),
    shape,
  )
}

const relative = (actual: number | undefined, expected: number): number => {
  const error = Math.abs((actual ?? Number.NaN) - expected) / Math.max(1, Math.abs(expected))
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
}

const isFloat = (feed: Feed): feed is Feed & { data: Float64Array } => feed.data instanceof Float64Array

const toSingle = (feed: Feed): Feed => (isFloat(feed) ? floats(feed.dims, [...feed.data], feed.shape) : feed)

async function open(feeds: readonly Feed[], build: Build) {
  const graph = createGraph('difference')
  const inputs = feeds.map((feed, at) => graph.input(`input.${at}`, dtypeOf(feed.data), feed.shape ?? feed.dims))
  const parameters = inputs.filter(({ dtype }) => dtype === 'float32' || dtype === 'float64')
  const results = [build(graph, ...inputs)].flat()
  const loss = results.map((value, at) => bend(graph, value, at)).reduce((total, value) => graph.add(total, value))
  const gradients = grad(graph, loss, parameters)
  const wrong = gradients.find(({ shape }, at) => String(shape) !== String(parameters[at]?.shape))
  if (wrong) throw new Error(`${wrong.name} has the shape [${wrong.shape}], unlike its parameter`)
  for (const [at, gradient] of gradients.entries()) graph.output(`gradient.${at}`, gradient)
  graph.output('loss', loss)
  const options = { logSeverityLevel: 3, intraOpNumThreads: 1 } as const
  const session = await InferenceSession.create(serialise(graph.finish()), options)
  const run = async (fed: readonly Feed[]) => {
    const outputs = await session.run(Object.fromEntries(fed.map((feed, at) => [`input.${at}`, tensorOf(feed)])))
    const numbers = (name: string) => Array.from(outputs[name]?.data ?? [], Number)
    return { loss: numbers('loss')[0] ?? Number.NaN, gradients: gradients.map((_, at) => numbers(`gradient.${at}`)) }
  }
  return { run, release: () => session.release() }
}

/** Σ (sigmoid(0.7 x) · (x + 1 + seed))²: its slope differs from element to element, so a misplaced gradient shows. */
function bend(graph: GraphBuilder, x: Value, seed: number): Value {
  const number = (value: number) => graph.scalar(value, x.dtype)
  const bent = graph.mul(graph.sigmoid(graph.mul(x, number(0.7))), graph.add(x, number(1 + seed)))
  return graph.reduceSum(graph.mul(bent, bent), [...x.shape.keys()], { keepDims: false })
}
