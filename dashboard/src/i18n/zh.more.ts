import admin from './zh.admin'
import messages from './zh.messages'
import rules from './zh.rules'
import run from './zh.run'
import series from './zh.series'
import teams from './zh.teams'
import util from './zh.util'

// The words that neither the board nor the sign-in shows: they come with the other pages.
export default { ...admin, ...messages, ...rules, ...run, ...series, ...teams, ...util }
