"""What somebody who rules the database might do to the books, and what has to be said of it."""

# `:tenant` is the brand whose books they are.
TAMPERINGS = {
    "a posting": (
        """
        update ledger_postings set amount_minor = amount_minor + 1 where tenant_id = :tenant
            and number = 1 and entry_id = (select entry_id from ledger_seals
                where tenant_id = :tenant and seq = 2)
        """,
        ["was changed after it was sealed", "out of balance", "the ledger says"],
    ),
    "a whole entry, balanced": (
        """
        update ledger_postings set amount_minor = amount_minor * 2 where tenant_id = :tenant
            and entry_id = (select entry_id from ledger_seals where tenant_id = :tenant and seq = 2)
        """,
        ["was changed after it was sealed", "the ledger says"],
    ),
    "a seal": (
        "delete from ledger_seals where tenant_id = :tenant and seq = 3",
        ["seal 3: is missing", "has no seal"],
    ),
    "the end of the chain": (
        """
        delete from ledger_seals where tenant_id = :tenant
            and seq = (select max(seq) from ledger_seals where tenant_id = :tenant)
        """,
        ["has no seal"],
    ),
    "an entry's time": (
        """
        update ledger_entries set created_at = created_at - interval '1 microsecond'
        where tenant_id = :tenant
            and id = (select entry_id from ledger_seals where tenant_id = :tenant and seq = 2)
        """,
        ["was changed after it was sealed"],
    ),
    "the price of a sale": (
        """
        update events set value_minor = value_minor + 10
        where tenant_id = :tenant and external_id = 'd2'
        """,
        ["and its terms pay"],
    ),
    "the terms": (
        "update terms set percent = percent + 1 where tenant_id = :tenant",
        ["and its terms pay"],
    ),
    "a share": (
        "update credits set weight_parts = weight_parts - 1 where tenant_id = :tenant",
        ["its credits are not those of linear", "its credits sum to 99"],
    ),
    "a commission": (
        """
        update commissions set amount_minor = amount_minor + 1,
            clawed_minor = clawed_minor + (status = 'reversed')::int where tenant_id = :tenant
        """,
        ["and its terms pay", "the ledger says"],
    ),
    "a refund": (
        "delete from correction_references where tenant_id = :tenant and reference = 'd0'",
        ["where refunds and disputes say 0 and 0"],
    ),
    "a payout": (
        "update payouts set amount_minor = amount_minor + 1 where tenant_id = :tenant",
        ["payout "],
    ),
    "a bonus": (
        """
        update adjustments set amount_minor = amount_minor + 1
        where tenant_id = :tenant and kind = 'bonus'
        """,
        ["adjustment adjustment:given:"],
    ),
    "a debt": (
        "delete from adjustments where tenant_id = :tenant and payout_id is null",
        ["what can be claimed is"],
    ),
    "a commission that vanished": (
        """
        delete from commissions where tenant_id = :tenant
            and id = (select min(id::text)::uuid from commissions where tenant_id = :tenant)
        """,
        ["has earned a commission that is gone"],
    ),
}

# Where the last thing that was booked is what a refund took of a repriced share.
IGNORING_A_REFUND = (
    "delete from adjustments where tenant_id = :tenant and key like 'repricing:%'",
    TAMPERINGS["the end of the chain"][0],
    """
    delete from ledger_postings p using ledger_entries e where e.tenant_id = :tenant
        and p.tenant_id = e.tenant_id and p.entry_id = e.id and e.key like 'adjustment:repricing:%'
    """,
    """
    delete from ledger_entries where tenant_id = :tenant and key like 'adjustment:repricing:%'
    """,
    "delete from repricings where tenant_id = :tenant and reason = 'correction'",
)

# For each of the twenty invariants a deed that breaks it, whatever else that breaks.
BREAKING = {
    1: TAMPERINGS["a posting"][:1],
    2: TAMPERINGS["an entry's time"][:1],
    3: (
        "drop index uq_payouts_transfer",
        "update payouts set stripe_transfer_id = 'tr_one' where tenant_id = :tenant",
    ),
    4: (
        """
        update payouts set method = 'stripe_connect' where tenant_id = :tenant and status = 'paid'
        """,
    ),
    5: (
        "delete from commissions where tenant_id = :tenant and payout_id is not null",
        "delete from adjustments where tenant_id = :tenant",
    ),
    6: TAMPERINGS["a refund"][:1],
    7: TAMPERINGS["a commission"][:1],
    8: (
        """
        update ledger_postings set account = 'pending'
        where tenant_id = :tenant and account = 'available' and amount_minor < 0
        """,
    ),
    9: ("alter table commissions alter column held_minor type numeric",),
    10: (
        """
        update commissions set clawed_minor = clawed_minor + 1
        where tenant_id = :tenant and clawed_minor between 1 and amount_minor - held_minor - 1
        """,
    ),
    11: TAMPERINGS["a debt"][:1],
    12: TAMPERINGS["a payout"][:1],
    13: (
        """
        update commissions set approved_at = null where tenant_id = :tenant and status = 'paid'
        """,
    ),
    14: ("alter table payouts no force row level security",),
    15: (
        """
        update commissions set matures_at = approved_at + interval '1 second'
        where tenant_id = :tenant and approved_at is not null
        """,
    ),
    16: TAMPERINGS["a share"][:1],
    17: TAMPERINGS["the terms"][:1],
    18: (
        """
        insert into notices (tenant_id, id, type, partner_id, data)
        select tenant_id, gen_random_uuid(), 'commission.accrued', partner_id,
            jsonb_build_object('commissionId', id)
        from commissions, generate_series(1, 2) where tenant_id = :tenant
        """,
    ),
    19: (
        """
        alter table idempotent_requests
            drop constraint uq_idempotent_requests_tenant_id_principal_key
        """,
        """
        insert into idempotent_requests (tenant_id, id, principal, key, fingerprint, status, body)
        select :tenant, gen_random_uuid(), 'admin', 'once', '', 200, '{}' from generate_series(1, 2)
        """,
    ),
    20: (
        """
        insert into usage_reports
            (tenant_id, id, identifier, stripe_customer_id, happened_at, usd_minor, status)
        select :tenant, gen_random_uuid(), 'nothing-counted', 'cus_1', now(), 100, 'sent'
        """,
    ),
}
