/** The request that tests start from. */
export const PATH = '/v1/completions'
export const completion = { model: 'scripted', prompt: 'SELECT name', max_tokens: 4, seed: 7 }
