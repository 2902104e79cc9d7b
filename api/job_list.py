"""Every feature that has jobs, as routes.py lists every feature that has routes."""

from api.features.account import jobs as account_jobs
from api.features.campaigns import jobs as campaign_jobs
from api.features.clicks import jobs as click_jobs
from api.features.commissions import jobs as commission_jobs
from api.features.conversions import jobs as conversion_jobs
from api.features.corrections import jobs as correction_jobs
from api.features.domains import jobs as domain_jobs
from api.features.housekeeping import jobs as housekeeping_jobs
from api.features.mail_settings import jobs as mail_jobs
from api.features.network_pushes import jobs as network_push_jobs
from api.features.network_reports import jobs as network_report_jobs
from api.features.partners import jobs as partner_jobs
from api.features.payouts import jobs as payout_jobs
from api.features.platform_sign_in import jobs as platform_sign_in_jobs
from api.features.postbacks import jobs as postback_jobs
from api.features.proofs import jobs as proof_jobs
from api.features.sign_in import jobs as sign_in_jobs
from api.features.signup import jobs as signup_jobs
from api.features.stripe_events import jobs as stripe_jobs
from api.features.subscriptions import jobs as subscription_jobs
from api.features.usage import jobs as usage_jobs
from api.features.webhooks import jobs as webhook_jobs

JOBS_OF_FEATURES: tuple[object, ...] = (
    account_jobs,
    campaign_jobs,
    click_jobs,
    commission_jobs,
    conversion_jobs,
    correction_jobs,
    mail_jobs,
    domain_jobs,
    housekeeping_jobs,
    network_push_jobs,
    network_report_jobs,
    partner_jobs,
    payout_jobs,
    postback_jobs,
    proof_jobs,
    platform_sign_in_jobs,
    sign_in_jobs,
    subscription_jobs,
    signup_jobs,
    usage_jobs,
    stripe_jobs,
    webhook_jobs,
)
