import { LineChart } from 'echarts/charts'
import { GridComponent, LegendComponent, TitleComponent } from 'echarts/components'
import { init, use } from 'echarts/core'
import { SVGRenderer } from 'echarts/renderers'
import type { Tally } from '../scheduler/tally.ts'

use([LineChart, GridComponent, LegendComponent, TitleComponent, SVGRenderer])

/** Okabe & Ito's colours, which readers with colour blindness can tell apart. */
const COLORS = ['#0072b2', '#56b4e9', '#999999', '#e69f00', '#cc79a7', '#d55e00', '#009e73']

/** Share of target time saved on each day, by strategy: SVG. */
export function savedChart(tallies: readonly Tally[]): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: 960, height: 440 })
  chart.setOption({
    animation: false,
    backgroundColor: '#ffffff',
    textStyle: { fontFamily: 'Helvetica, Arial, sans-serif' },
    title: {
      text: 'Target time that drafts save, by who decides what is trained',
      subtext: 'Hours of an engine a day; training may take 1 % of what the target takes',
      left: 24,
      top: 12,
      textStyle: { fontSize: 16 },
    },
    legend: { bottom: 10, icon: 'roundRect', itemGap: 18 },
    grid: { left: 64, right: 28, top: 84, bottom: 78 },
    xAxis: { type: 'category', name: 'day', nameLocation: 'middle', nameGap: 26, data: days(tallies) },
    yAxis: { type: 'value', min: 0 },
    series: tallies.map(({ name, savedByDay }, at) => ({
      name,
      type: 'line',
      showSymbol: false,
      lineStyle: { width: 2.5, type: name === 'oracle' ? 'dashed' : 'solid' },
      itemStyle: { color: COLORS[at % COLORS.length] },
      data: [...savedByDay].map((ms) => Number((ms / 3_600_000).toFixed(2))),
    })),
  })
  const svg = chart.renderToSVGString()
  chart.dispose()
  return `${svg}\n`
}

function days(tallies: readonly Tally[]): string[] {
  return Array.from(tallies[0]?.savedByDay.keys() ?? [], (day) => String(day + 1))
}
