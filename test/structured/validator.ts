import { Ajv } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

/** What somebody else's validator finds wrong with a text; undefined: nothing. */
export function faultOf(schema: object, text: string): string | undefined {
  const options = { strict: false, allErrors: false, multipleOfPrecision: 6 }
  const draft7 = JSON.stringify(schema).includes('draft-07')
  const ajv = draft7 ? new Ajv(options) : new Ajv2020(options)
  formats.default(ajv)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'it is no JSON'
  }
  return ajv.validate(schema, value) ? undefined : ajv.errorsText()
}
