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
