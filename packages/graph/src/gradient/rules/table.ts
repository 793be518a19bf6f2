import type { Rule } from '../backward.ts'
import { elementwiseRules } from './elementwise.ts'
import { indexingRules } from './indexing.ts'
import { layoutRules } from './layout.ts'
import { linearRules } from './linear.ts'
import { reduceRules } from './reduce.ts'
import { transformerRules } from './transformer.ts'

/** What `grad` can go back through, by ONNX operator. */
export const rules: Readonly<Record<string, Rule>> = {
  ...elementwiseRules,
  ...reduceRules,
  ...linearRules,
  ...layoutRules,
  ...indexingRules,
  ...transformerRules,
}
