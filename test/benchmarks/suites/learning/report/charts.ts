import { BarChart, LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components'
import { type EChartsCoreOption, init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { WayName } from '../arms.ts'
import type { LearningResult } from '../play.ts'
import type { ShiftResult } from '../shift.ts'
import type { TenantResult } from '../tenant.ts'
import { accepted, faster } from './summary.ts'

use([BarChart, LineChart, GridComponent, LegendComponent, MarkLineComponent, TitleComponent, SVGRenderer])

/** The pictures of a result, SVG by file name. */
export function chartsOf({ tenants, shift }: LearningResult): Record<string, string> {
  return {
    'acceptance.svg': draw(acceptance(tenants)),
    'speed-up.svg': draw(speedUp(tenants)),
    ...(tenants.some(({ curve }) => curve.length > 0) ? { 'learning-curves.svg': draw(curves(tenants)) } : {}),
    ...(shift ? { 'shift.svg': draw(recovery(shift)) } : {}),
  }
}

const [WIDTH, HEIGHT] = [960, 440]
/** Okabe & Ito's colours, which readers with colour blindness can tell apart. */
const COLORS = ['#999999', '#56b4e9', '#0072b2', '#e69f00', '#009e73', '#d55e00', '#cc79a7']

function draw(option: EChartsCoreOption): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height: HEIGHT })
  chart.setOption({ animation: false, backgroundColor: '#ffffff', textStyle: { fontFamily: FONT }, ...option })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return `${svg}\n`
}

const FONT = 'Helvetica, Arial, sans-serif'

function frame(title: string, subtitle: string) {
  return {
    title: { text: title, subtext: subtitle, left: 24, top: 12, textStyle: { fontSize: 16 }, itemGap: 6 },
    legend: { bottom: 10, icon: 'roundRect', itemGap: 18 },
    grid: { left: 64, right: 28, top: 84, bottom: 78 },
  }
}

function acceptance(tenants: readonly TenantResult[]): EChartsCoreOption {
  const ways: readonly (readonly [string, WayName, string])[] = [
    ['suffix', 'suffix chain', '#56b4e9'],
    ['static', 'static chain', '#999999'],
    ['adaptive', 'adaptive chain', '#e69f00'],
    ['adaptive + suffix (auto)', 'auto', '#009e73'],
  ]
  return {
    ...frame(
      'Acceptance length by arm and tenant',
      'Committed tokens per verification step on held-out requests; chains of 8, auto with the lookahead that pays',
    ),
    ...bars(
      tenants,
      ways.map(([name, way, color]) => ({ name, color, value: (each) => accepted(each, way) })),
    ),
  }
}

function speedUp(tenants: readonly TenantResult[]): EChartsCoreOption {
  const ways = [
    ['suffix', 'suffix', '#56b4e9'],
    ['static', 'static', '#999999'],
    ['static + suffix (no adapter yet)', 'static+suffix', '#0072b2'],
    ['adaptive', 'adaptive', '#e69f00'],
    ['adaptive + suffix (auto)', 'auto', '#009e73'],
  ] as const
  return {
    ...frame(
      'End-to-end speed-up over plain decoding by arm and tenant',
      'Tokens/s ÷ tokens/s of plain decoding, batch 1, prefill included; median over held-out requests',
    ),
    ...bars(
      tenants,
      ways.map(([name, way, color]) => ({ name, color, value: (each) => faster(each, way, 'none') })),
      1,
    ),
  }
}

interface BarGroup {
  readonly name: string
  readonly color: string
  value(tenant: TenantResult): number
}

function bars(tenants: readonly TenantResult[], groups: readonly BarGroup[], baseline?: number): EChartsCoreOption {
  const named = tenants.map(({ domain, seen }) => `${domain}\n${seen ? '(static knows it)' : '(unseen)'}`)
  return {
    xAxis: { type: 'category', data: named, axisTick: { show: false }, axisLabel: { color: '#333', lineHeight: 16 } },
    yAxis: { type: 'value', min: 0, axisLabel: { color: '#333' } },
    series: groups.map(({ name, color, value }, at) => ({
      name,
      type: 'bar',
      barGap: '8%',
      barCategoryGap: '22%',
      itemStyle: { color },
      label: { show: true, position: 'top', fontSize: 9, color: '#333', formatter: short },
      data: tenants.map((each) => Number(value(each).toFixed(3))),
      ...(at === 0 && baseline !== undefined ? { markLine: line(baseline, 'plain') } : {}),
    })),
  }
}

function curves(tenants: readonly TenantResult[]): EChartsCoreOption {
  const ticks = [...new Set(tenants.flatMap(({ curve }) => curve.map(({ tokens }) => thousands(tokens))))]
  return {
    ...frame(
      'Acceptance length by how much of a tenant’s traffic its adapter has learned from',
      'Held-out requests, chains of 8, by replay; 0 tokens is the static draft; dashed: the static draft knows the domain',
    ),
    xAxis: { type: 'category', data: ticks, boundaryGap: false, name: 'completion tokens', ...below },
    yAxis: { type: 'value', min: 0, axisLabel: { color: '#333' } },
    series: tenants.map(({ domain, seen, curve }, at) => ({
      name: domain,
      type: 'line',
      symbolSize: 7,
      lineStyle: { width: 2.5, type: seen ? 'dashed' : 'solid' },
      itemStyle: { color: COLORS[(at + 1) % COLORS.length] },
      data: curve.map((point) => [thousands(point.tokens), Number(point.acceptanceLength.toFixed(3))]),
    })),
  }
}

function recovery({ from, to, points, native, static: untrained }: ShiftResult): EChartsCoreOption {
  const ticks = points.map(({ newTokens }) => thousands(newTokens))
  const series = (
    name: string,
    color: string,
    values: readonly number[],
    marks: readonly (readonly [number, string])[],
  ) => ({
    name,
    type: 'line',
    symbolSize: 8,
    lineStyle: { width: 2.5 },
    itemStyle: { color },
    label: { show: true, position: 'top', color, formatter: short },
    data: values.map((value) => Number(value.toFixed(3))),
    markLine: lines(marks, color),
  })
  return {
    ...frame(
      `A tenant moves from ${from} to ${to}`,
      'Acceptance length on held-out requests as its adapter is retrained on old and new traces mixed',
    ),
    xAxis: { type: 'category', data: ticks, name: `new tokens of ${to}`, ...below },
    yAxis: { type: 'value', min: 0, axisLabel: { color: '#333' } },
    series: [
      series(
        `on ${to} (new)`,
        '#d55e00',
        points.map(({ onNew }) => onNew),
        [
          [native, `adapter of ${to} alone`],
          [untrained.onNew, `static on ${to}`],
        ],
      ),
      series(
        `on ${from} (old)`,
        '#0072b2',
        points.map(({ onOld }) => onOld),
        [[untrained.onOld, `static on ${from}`]],
      ),
    ],
  }
}

const below = { nameLocation: 'middle', nameGap: 28, axisLabel: { color: '#333' } } as const

function line(at: number, name: string) {
  return lines([[at, name]], '#333333')
}

function lines(marks: readonly (readonly [number, string])[], color: string) {
  return {
    symbol: 'none',
    silent: true,
    lineStyle: { color, type: 'dashed', width: 1 },
    label: { position: 'insideEndTop', color, fontSize: 11, formatter: '{b}' },
    data: marks.map(([yAxis, name]) => ({ yAxis, name })),
  }
}

function short({ value }: { value: unknown }): string {
  return Number(value).toFixed(1)
}

function thousands(tokens: number): string {
  return tokens < 950 ? String(Math.round(tokens / 100) * 100) : `${Math.round(tokens / 1_000)}k`
}
