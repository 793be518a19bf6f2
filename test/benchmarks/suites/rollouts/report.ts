import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import { section } from '../../../simulation/report/table.ts'
import { ARMS, type ArmFigures, type RolloutArm, type UpdateResult } from './play.ts'

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer])

const CALLED: Readonly<Record<RolloutArm, string>> = {
  static: 'no draft kept: static only',
  kept: 'adapter kept as it is',
  retrained: 'retrained from its parent',
  anew: 'trained anew',
}

/** Okabe & Ito's colours, which readers with colour blindness can tell apart. */
const COLORS: Readonly<Record<RolloutArm, string>> = {
  ...{ static: '#999999', kept: '#56b4e9', retrained: '#d55e00', anew: '#0072b2' },
}

/** Writes `rollouts.md` and its picture into a folder. */
export async function writeReport(
  folder: string,
  results: readonly UpdateResult[],
  facts: { readonly origin: string; readonly plain: number },
): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'rollouts.svg'), chart(results))
  const parts = [
    `# Rollouts: what a draft is worth when its target is updated\n\n${facts.origin}\n\n${METHOD}\n`,
    '![Acceptance length and goodput by update](rollouts.svg)\n',
    armTable('Acceptance length', 'Chains of 8.', results, ({ acceptanceLength }) => acceptanceLength.toFixed(2)),
    armTable(
      'Tokens per second, simulated',
      `By the cost table, one sequence, with the best chain of 1 to 8 tokens; plain decoding is ${facts.plain.toFixed(0)}.`,
      results,
      ({ tokensPerSecond }) => tokensPerSecond.toFixed(0),
    ),
    policyTable(results),
  ]
  await writeFile(join(folder, 'rollouts.md'), parts.join('\n'))
}

const METHOD = `Ten updates of the reference target by policy gradient on its own rollouts, as reinforcement makes them: a set of
prompts (worked maths, slots of an utterance as JSON) comes again at each, several answers to each are sampled at
temperature 1, rewarded by rules (the right form, and brevity), and the better ones of each group are made likelier, for a
part of the prompts that is drawn anew each time (GRPO, without a KL term), through a low-rank change of every projection
(LoRA, rank 8, Adam). That is how such weights move: on the policy's own text, far along few directions and hardly along
others, away from where drafts learned it. A random change of weights of the same size would be noise, and a fine-tune on
a corpus moves towards text that is not the policy's own. Tokenizer, shape and token tables stay.

What an update's rollouts are drafted with was learned from the rollouts of the update before, with the same number of
steps by each arm; nothing has been learned for update 0. A draft replays them with the very noise that they were sampled
with. Prompts that come again were answered, and learned from, at each earlier update; the unseen ones are of the same
kinds and set, and no draft learned from them.`

function armTable(
  title: string,
  text: string,
  results: readonly UpdateResult[],
  cell: (figures: ArmFigures['again']) => string,
): string {
  const row = (arm: RolloutArm, which: keyof ArmFigures) => [
    `${CALLED[arm]}${which === 'again' ? '' : ', unseen prompts'}`,
    ...results.map(({ arms }) => {
      const figures = arms[arm]
      return figures ? cell(figures[which]) : ''
    }),
  ]
  const rows = (['again', 'unseen'] as const).flatMap((which) => ARMS.map((arm) => row(arm, which)))
  return section(title, text, ['update', ...results.map(({ update }) => String(update))], rows)
}

function policyTable(results: readonly UpdateResult[]): string {
  const row = (name: string, of: (result: UpdateResult) => string) => [name, ...results.map(of)]
  return section(
    'The policy',
    'Divergence from the first policy is estimated on the policy’s own rollouts, in nats a token. Training is wall time.',
    ['update', ...results.map(({ update }) => String(update))],
    [
      row('mean reward', ({ reward }) => reward.toFixed(3)),
      row('divergence', ({ divergence }) => divergence.toFixed(3)),
      row('tokens', ({ tokens }) => String(tokens)),
      row('retraining, s', ({ trainingSeconds }) => trainingSeconds.retrained?.toFixed(1) ?? ''),
      row('training anew, s', ({ trainingSeconds }) => trainingSeconds.anew?.toFixed(1) ?? ''),
    ],
  )
}

/** Acceptance length and goodput by update, side by side: SVG. */
function chart(results: readonly UpdateResult[]): string {
  const drawn = init(null, null, { renderer: 'svg', ssr: true, width: 960, height: 440 })
  const axis = (gridIndex: number) => ({
    ...{ type: 'category', gridIndex, name: 'update', nameLocation: 'middle', nameGap: 26 },
    data: results.map(({ update }) => String(update)),
  })
  const panels = [
    { name: 'acceptance length', of: ({ again }: ArmFigures) => again.acceptanceLength },
    { name: 'tokens/s, simulated', of: ({ again }: ArmFigures) => again.tokensPerSecond },
  ]
  drawn.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'Helvetica, Arial, sans-serif' },
    title: {
      ...{ text: 'What a draft is worth when its target is updated', left: 24, top: 12, textStyle: { fontSize: 16 } },
      subtext: 'Prompts that come again, answered anew by each update; drafts learned from the update before',
    },
    legend: { bottom: 10, icon: 'roundRect', itemGap: 18, data: ARMS.map((arm) => CALLED[arm]) },
    grid: [
      { left: 56, width: 390, top: 100, bottom: 90 },
      { left: 536, width: 390, top: 100, bottom: 90 },
    ],
    xAxis: panels.map((_, at) => axis(at)),
    yAxis: panels.map(({ name }, gridIndex) => ({ type: 'value', gridIndex, min: 0, name, nameGap: 12 })),
    series: panels.flatMap(({ of }, at) =>
      ARMS.map((arm) => ({
        ...{ name: CALLED[arm], type: 'line', xAxisIndex: at, yAxisIndex: at, symbolSize: 6 },
        ...{ lineStyle: { width: 2.5 }, itemStyle: { color: COLORS[arm] } },
        data: results.map(({ arms }) => {
          const figures = arms[arm]
          return figures ? Number(of(figures).toFixed(3)) : null
        }),
      })),
    ),
  })
  const svg = drawn.renderToSVGString()
  drawn.dispose()
  return `${svg}\n`
}
