import { z } from 'zod'

/** How positions become angles. */
export interface Rope {
  readonly theta: number
  readonly scaling: RopeScaling
}

export type RopeScaling =
  | { readonly type: 'default' }
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3'
      readonly factor: number
      readonly lowFrequencyFactor: number
      readonly highFrequencyFactor: number
      readonly originalPositionsMax: number
    }

/** `rope_scaling`, or the `rope_parameters` that newer transformers write; older files say `type` for `rope_type`. */
const parameters = z.looseObject({
  rope_theta: z.number().positive().optional(),
  rope_type: z.string().optional(),
  type: z.string().optional(),
  factor: z.number().positive().optional(),
  low_freq_factor: z.number().positive().optional(),
  high_freq_factor: z.number().positive().optional(),
  original_max_position_embeddings: z.number().int().positive().optional(),
  partial_rotary_factor: z.literal(1, 'only full rotary embeddings are supported').optional(),
})

export const ropeFields = {
  rope_theta: z.number().positive().nullish(),
  rope_scaling: parameters.nullish(),
  rope_parameters: parameters.nullish(),
}

interface RopeFields {
  readonly rope_theta?: number | null | undefined
  readonly rope_scaling?: z.infer<typeof parameters> | null | undefined
  readonly rope_parameters?: z.infer<typeof parameters> | null | undefined
}

/** transformers' default for both supported architectures. */
const thetaDefault = 10_000

export function ropeOf(fields: RopeFields, refuse: (field: string, reason: string) => never): Rope {
  const place = fields.rope_parameters ? 'rope_parameters' : 'rope_scaling'
  const given = fields[place] ?? {}
  const theta = given.rope_theta ?? fields.rope_theta ?? thetaDefault
  const need = (field: 'factor' | 'low_freq_factor' | 'high_freq_factor' | 'original_max_position_embeddings') =>
    given[field] ?? refuse(`${place}.${field}`, 'is missing')
  const type = given.rope_type ?? given.type ?? 'default'
  switch (type) {
    case 'default':
      return { theta, scaling: { type } }
    case 'linear':
      return { theta, scaling: { type, factor: need('factor') } }
    case 'llama3':
      return {
        theta,
        scaling: {
          type,
          factor: need('factor'),
          lowFrequencyFactor: need('low_freq_factor'),
          highFrequencyFactor: need('high_freq_factor'),
          originalPositionsMax: need('original_max_position_embeddings'),
        },
      }
    default:
      return refuse(`${place}.${given.rope_type ? 'rope_type' : 'type'}`, `"${type}" is not supported`)
  }
}
