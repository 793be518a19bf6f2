import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus'

/** Seeded randomness: a simulation is a function of its seed. */
export interface Random {
  /** Uniform in [0, 1). */
  uniform(): number
  gaussian(): number
  /** Of mean 1; `sigma` of its logarithm. */
  lognormal(sigma: number): number
  exponential(mean: number): number
  poisson(mean: number): number
}

export function seeded(seed: number): Random {
  const generator = xoroshiro128plus(seed)
  const uniform = () => uniformFloat64(generator)
  const gaussian = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
  return {
    uniform,
    gaussian,
    lognormal: (sigma) => Math.exp(sigma * gaussian() - sigma ** 2 / 2),
    exponential: (mean) => -mean * Math.log(1 - uniform()),
    poisson: (mean) => {
      // Knuth's product of uniforms while that is quick, the normal approximation beyond.
      if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * gaussian()))
      const floor = Math.exp(-mean)
      let events = 0
      for (let product = uniform(); product > floor; product *= uniform()) events++
      return events
    },
  }
}
