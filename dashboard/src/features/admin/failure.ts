// Why a message was not taken, in words; what they leave open stands behind them as it came.
import { known, t } from '../../i18n/text.svelte'

export function failure(code = '', detail = '', text = ''): string {
  const what = known('failure', code)
  if (!what) return text // an older server noted it
  return detail ? t('deliveries.why', { what, detail }) : what
}
