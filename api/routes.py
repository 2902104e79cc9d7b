"""Every route of the API, feature by feature: the table of contents."""

from fastapi import APIRouter

from api.features.account.routes import router as account
from api.features.admins.routes import router as admins
from api.features.analytics.routes import router as analytics
from api.features.api_keys.routes import router as api_keys
from api.features.attribution.routes import router as attribution
from api.features.audit.routes import router as audit
from api.features.billing.routes import router as billing
from api.features.brands.routes import router as brands
from api.features.campaigns.routes import router as campaigns
from api.features.clicks.routes import router as clicks
from api.features.commissions.routes import router as commissions
from api.features.connect.routes import router as connect
from api.features.conversions.routes import router as conversions
from api.features.corrections.routes import router as corrections
from api.features.coupons.routes import router as coupons
from api.features.creator_proxy.routes import router as creator_proxy
from api.features.domains.routes import router as domains
from api.features.exports.routes import router as exports
from api.features.fraud.routes import router as fraud
from api.features.fraud_rules.routes import router as fraud_rules
from api.features.grants.routes import router as grants
from api.features.health.routes import router as health
from api.features.imports.routes import router as imports
from api.features.install.routes import router as install
from api.features.ledger.routes import router as ledger
from api.features.links.routes import router as links
from api.features.mail_settings.routes import router as mail_settings
from api.features.network.routes import router as network
from api.features.network_creators.routes import router as network_creators
from api.features.network_offerings.routes import router as network_offerings
from api.features.network_pushes.routes import router as network_pushes
from api.features.network_requests.routes import router as network_requests
from api.features.onboarding.routes import router as onboarding
from api.features.operators.routes import router as operators
from api.features.partner_imports.routes import router as partner_imports
from api.features.partner_signup.routes import router as partner_signup
from api.features.partner_terms.routes import router as partner_terms
from api.features.partners.routes import router as partners
from api.features.payout_settings.routes import router as payout_settings
from api.features.payouts.routes import router as payouts
from api.features.postbacks.routes import router as postbacks
from api.features.privacy.routes import router as privacy
from api.features.program_settings.routes import router as program_settings
from api.features.redemptions.routes import router as redemptions
from api.features.sign_in.routes import router as sign_in
from api.features.signup.routes import router as signup
from api.features.signup_blocks.routes import router as signup_blocks
from api.features.simulations.routes import router as simulations
from api.features.statements.routes import router as statements
from api.features.stripe_events.routes import router as stripe_events
from api.features.stripe_events.routes import webhook as stripe_webhook
from api.features.tracking.routes import router as tracking
from api.features.uploads.routes import router as uploads
from api.features.usage.routes import router as usage
from api.features.webhooks.published import published
from api.features.webhooks.routes import router as webhooks
from api.features.welcome.routes import router as welcome
from api.features.workspaces.routes import router as workspaces

# What we call elsewhere, for the published schema only.
outgoing = published

root = APIRouter()
root.include_router(health)
root.include_router(welcome)
root.include_router(uploads)

# Also where it was before everything moved below /api: it is written into people's Stripe accounts.
root.include_router(stripe_webhook, include_in_schema=False)

api = APIRouter(prefix="/api")
# Before webhooks: `stripe` is no id of an endpoint.
api.include_router(stripe_webhook)
api.include_router(stripe_events)
api.include_router(audit)
api.include_router(campaigns)
api.include_router(analytics)
api.include_router(clicks)
api.include_router(fraud_rules)
api.include_router(fraud)
api.include_router(privacy)
api.include_router(tracking)
api.include_router(partners)
api.include_router(partner_terms)
api.include_router(partner_signup)
api.include_router(grants)
api.include_router(links)
api.include_router(coupons)
api.include_router(simulations)
api.include_router(redemptions)
api.include_router(sign_in)
api.include_router(install)
api.include_router(conversions)
api.include_router(attribution)
api.include_router(commissions)
api.include_router(corrections)
api.include_router(ledger)
api.include_router(payouts)
api.include_router(billing)
api.include_router(usage)
api.include_router(payout_settings)
api.include_router(connect)
api.include_router(statements)
api.include_router(api_keys)
api.include_router(admins)
api.include_router(exports)
api.include_router(imports)
api.include_router(webhooks)
api.include_router(postbacks)
api.include_router(partner_imports)
api.include_router(account)
api.include_router(program_settings)
api.include_router(mail_settings)
api.include_router(signup)
api.include_router(onboarding)
api.include_router(domains)
api.include_router(workspaces)
api.include_router(operators)
api.include_router(brands)
api.include_router(signup_blocks)
api.include_router(network)
api.include_router(network_pushes)
api.include_router(network_offerings)
api.include_router(network_requests)
api.include_router(network_creators)
api.include_router(creator_proxy)
# Where portals look for it, whose every call begins with /api.
api.include_router(uploads, include_in_schema=False)
