import admin from './en.admin'
import messages from './en.messages'
import rules from './en.rules'
import run from './en.run'
import series from './en.series'
import teams from './en.teams'
import util from './en.util'

// The words that neither the board nor the sign-in shows: they come with the other pages.
export default { ...admin, ...messages, ...rules, ...run, ...series, ...teams, ...util }
