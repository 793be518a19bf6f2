import type { Workload } from '../workload.ts'
import { advice } from './advice.ts'
import { answers } from './answers.ts'
import { coding } from './coding.ts'
import { comparison } from './comparison.ts'
import { definition } from './definition.ts'
import { extraction } from './extraction.ts'
import { humanities } from './humanities.ts'
import { ideas } from './ideas.ts'
import { maths } from './maths.ts'
import { reasoning } from './reasoning.ts'
import { rewriting } from './rewriting.ts'
import { rolePlay } from './role-play.ts'
import { science } from './science.ts'
import { summarising } from './summarising.ts'
import { translation } from './translation.ts'
import { writing } from './writing.ts'

/** What people ask a general assistant, by kind of task. */
export const openQuestions: readonly Workload[] = [
  advice,
  answers,
  coding,
  comparison,
  definition,
  extraction,
  humanities,
  ideas,
  maths,
  reasoning,
  rewriting,
  rolePlay,
  science,
  summarising,
  translation,
  writing,
]
