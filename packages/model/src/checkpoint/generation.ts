import { z } from 'zod'
import { tokenIds } from './config.ts'
import { readOptionalJson } from './json.ts'

/** How the model's authors want it sampled, for requests that do not say. */
export interface GenerationDefaults {
  /** Tokens that end a completion. */
  readonly eosIds: readonly number[]
  /** 0 when the authors ask for greedy decoding. */
  readonly temperature?: number
  readonly topK?: number
  readonly topP?: number
  readonly minP?: number
  readonly repetitionPenalty?: number
}

const schema = z.looseObject({
  eos_token_id: tokenIds,
  do_sample: z.boolean().nullish(),
  temperature: z.number().nonnegative().nullish(),
  top_k: z.number().int().nonnegative().nullish(),
  top_p: z.number().positive().max(1).nullish(),
  min_p: z.number().nonnegative().max(1).nullish(),
  repetition_penalty: z.number().positive().nullish(),
})

export async function readGenerationDefaults(folder: string): Promise<GenerationDefaults> {
  const fields = await readOptionalJson(folder, 'generation_config.json', schema)
  if (!fields) return { eosIds: [] }
  const temperature = fields.do_sample === false ? 0 : fields.temperature
  return {
    eosIds: fields.eos_token_id,
    ...(typeof temperature === 'number' && { temperature }),
    ...(typeof fields.top_k === 'number' && { topK: fields.top_k }),
    ...(typeof fields.top_p === 'number' && { topP: fields.top_p }),
    ...(typeof fields.min_p === 'number' && { minP: fields.min_p }),
    ...(typeof fields.repetition_penalty === 'number' && { repetitionPenalty: fields.repetition_penalty }),
  }
}
