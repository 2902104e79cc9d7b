"""Sends letters that were written before."""

from api.features.mail_settings.sending import post
from api.jobs.job import JobContext, job
from api.outside.mail import Letter


@job("mail.send")
async def send_letter(context: JobContext, letter: dict[str, str | None]) -> None:
    """One letter to one person."""
    await post(context, Letter(**letter))  # type: ignore[arg-type]  # as `asdict` wrote it
