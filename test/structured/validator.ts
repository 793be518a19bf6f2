import { Ajv, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'

/** What somebody else's validator finds wrong with a text; undefined: nothing. */
export function faultOf(schema: object, text: string): string | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return 'it is no JSON'
  }
  const validate = known.get(schema) ?? compiled(schema)
  return validate(value) ? undefined : JSON.stringify(validate.errors)
}

const known = new WeakMap<object, ValidateFunction>()

function compiled(schema: object): ValidateFunction {
  const options = { strict: false, multipleOfPrecision: 6 }
  const draft7 = '$schema' in schema && String(schema.$schema).includes('draft-07')
  const ajv = draft7 ? new Ajv(options) : new Ajv2020(options)
  formats.default(ajv)
  const validate = ajv.compile(schema)
  known.set(schema, validate)
  return validate
}
