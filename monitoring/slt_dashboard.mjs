// Makes slt_dashboard.json, a dashboard for Grafana with its PostgreSQL data source:
//
//   npm install @grafana/grafana-foundation-sdk && node slt_dashboard.mjs > slt_dashboard.json
import { DashboardBuilder, DatasourceVariableBuilder, QueryVariableBuilder, RowBuilder, ThresholdsConfigBuilder } from '@grafana/grafana-foundation-sdk/dashboard';
import { PanelBuilder as BarChart } from '@grafana/grafana-foundation-sdk/barchart';
import { PanelBuilder as Stat } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as Table } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeSeries } from '@grafana/grafana-foundation-sdk/timeseries';
import { ReduceDataOptionsBuilder, VizLegendOptionsBuilder } from '@grafana/grafana-foundation-sdk/common';

const database = { type: 'grafana-postgresql-datasource', uid: '${database}' };

// A query of the PostgreSQL data source, of which the SDK knows nothing.
const sql = (rawSql, format = 'table') => ({
    build: () => ({ refId: 'A', datasource: database, editorMode: 'code', rawQuery: true, format, rawSql }),
});

const colour = (name, value) => ({ type: 'value', options: { [name]: { color: value, index: 0 } } });
const states = [colour('operational', 'green'), colour('degraded', 'orange'), colour('down', 'red'), colour('maintenance', 'blue'), colour('unknown', 'text'),
    colour('page', 'red'), colour('ticket', 'orange')];
const steps = (...list) => new ThresholdsConfigBuilder().mode('absolute').steps(list.map(([value, color]) => ({ value, color })));
const fixed = (name, color) => [name, [{ id: 'color', value: { mode: 'fixed', fixedColor: color } }]];

const legend = () => new VizLegendOptionsBuilder().showLegend(true).displayMode('list').placement('bottom');
let panels = 0;

// A panel of a kind, of a width and height, that shows what a query gives.
const panel = (kind, title, description, width, height, query) =>
    new kind().id(++panels).title(title).description(description).datasource(database).span(width).height(height).withTarget(query);

const dashboard = new DashboardBuilder('Service levels')
    .uid('slt-service-levels')
    .description('What the extension slt knows: tickets against their targets, services against theirs.')
    .tags(['slt', 'sla'])
    .time({ from: 'now-90d', to: 'now' })
    .refresh('5m')
    .editable()
    .withVariable(new DatasourceVariableBuilder('database').label('Database').type('grafana-postgresql-datasource'))
    .withVariable(new QueryVariableBuilder('service').label('Service').datasource(database).refresh(1).query('SELECT name FROM slt_list_services() ORDER BY name'))

    .withRow(new RowBuilder('Tickets').id(101))
    .withPanel(panel(BarChart, 'Tickets by state', 'Tickets that are not done, by the state of each target.', 12, 8, sql(
        `SELECT ticket_table || ': ' || metric AS target, sum(tickets) FILTER (WHERE state = 'on track') AS "on track", sum(tickets) FILTER (WHERE state = 'paused') AS paused,
       sum(tickets) FILTER (WHERE state = 'at risk') AS "at risk", sum(tickets) FILTER (WHERE state = 'breached') AS breached
FROM slt_ticket_counts() GROUP BY 1 ORDER BY 1`))
        .legend(legend()).xField('target').stacking('normal').fillOpacity(80)
        .overrideByName(...fixed('on track', 'green')).overrideByName(...fixed('paused', 'blue')).overrideByName(...fixed('at risk', 'orange')).overrideByName(...fixed('breached', 'red')))
    .withPanel(panel(TimeSeries, 'Attainment by month', 'Of the clocks that started in the month and are met, met late or breached: how many in a hundred are met.', 12, 8, sql(
        `SELECT lower(r.period) AS time, a.name || ': ' || r.metric AS metric, round(100 * sum(r.met) / nullif(sum(r.met + r.met_late + r.breached), 0), 2) AS value
FROM slt_attachments a JOIN pg_class c ON c.oid = a.ticket_table,
     LATERAL slt_report(a.ticket_table, tstzrange(date_trunc('month', $__timeFrom()::timestamptz), $__timeTo()::timestamptz), 'month') r
GROUP BY 1, 2 ORDER BY 1, 2`, 'time_series'))
        .legend(legend()).timeFrom('1y').unit('percent').min(0).max(100).drawStyle('line').showPoints('always').spanNulls(true))

    .withRow(new RowBuilder('Service $service').id(102))
    .withPanel(panel(Table, 'Now', 'Each experience, and since when it is so.', 8, 8, sql(
        'SELECT experience, status, since, covered FROM slt_status(${service:sqlstring})'))
        .mappings(states).overrideByName('status', [{ id: 'custom.cellOptions', value: { type: 'color-text' } }]))
    .withPanel(panel(Stat, 'Downtime left', 'Of what the target allows in this month and in this year; red if more was used.', 8, 8, sql(
        `SELECT max(extract(epoch FROM budget_left)) FILTER (WHERE period = 'month') AS month, max(extract(epoch FROM budget_left)) FILTER (WHERE period = 'year') AS year
FROM slt_status_summary(\${service:sqlstring})`))
        .unit('s').thresholds(steps([null, 'red'], [0, 'green'])).reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull'])))
    .withPanel(panel(Table, 'Burn', 'How fast the budget burns, by the windows of the alerts; at 1 it lasts exactly as long as its period.', 8, 8, sql(
        `SELECT CASE WHEN firing THEN severity END AS alert, long_window, round(long_burn, 2) AS burn, short_window, round(short_burn, 2) AS "burn of late", burn_limit AS limit
FROM slt_burn_alerts(\${service:sqlstring})`))
        .mappings(states).overrideByName('alert', [{ id: 'custom.cellOptions', value: { type: 'color-background' } }]))
    .withPanel(panel(TimeSeries, 'Availability by day', 'Of each experience, in the zone of the service.', 12, 8, sql(
        `SELECT h.day AT TIME ZONE s.time_zone AS time, coalesce(h.experience, 'Whole service') AS metric, h.availability AS value
FROM slt_service(\${service:sqlstring}) s, slt_status_history(\${service:sqlstring}, 90) h WHERE h.availability IS NOT NULL ORDER BY 1, 2`, 'time_series'))
        .legend(legend()).timeFrom('90d').unit('percent').max(100).drawStyle('line').showPoints('always'))
    .withPanel(panel(TimeSeries, 'Response times', 'What 95 of 100 checks of a day took at most.', 12, 8, sql(
        `SELECT l.day AT TIME ZONE s.time_zone AS time, l.experience AS metric, extract(epoch FROM l.p95) AS value
FROM slt_service(\${service:sqlstring}) s, slt_latency(\${service:sqlstring}, 90) l ORDER BY 1, 2`, 'time_series'))
        .legend(legend()).timeFrom('90d').unit('s').min(0).drawStyle('line').showPoints('always'))
    .withPanel(panel(Table, 'Outages', 'Incidents of the last 90 days, and what of the service was down; those that go on come first.', 24, 9, sql(
        `SELECT lower(during) AS started, upper(during) AS ended, array_to_string(experiences, ', ', 'whole service') AS experiences, impact, status, coalesce(title, note) AS what, excused
FROM slt_status_incidents(\${service:sqlstring}, 90, 50)`)))
    .withPanel(panel(Table, 'Monitors', 'Who checks, and how many checks came too late and were not taken: then look at the clock and the time zone of the monitor.', 24, 6, sql(
        'SELECT experience, monitor, checked_at AS "last check", failing, refused AS "too late", refused_at AS "the last of these" FROM slt_watchers(${service:sqlstring})')));

console.log(JSON.stringify(dashboard.build(), null, 2));
