//! Mail: messages, SMTP, POP3.

use super::row::*;

const SMTP: &[&str] = &["smtp"];

const fn message(help: &'static str) -> Keyword {
    buffer(help).of(SMTP).to_server()
}

family! { 10;
    EMAIL_FROM = "email.from", message("The From field of a message");
    EMAIL_SUBJECT = "email.subject", message("The Subject field of a message");
    EMAIL_TO = "email.to", message("The To field of a message");
    EMAIL_CC = "email.cc", message("The Cc field of a message");
    EMAIL_DATE = "email.date", message("The Date field of a message");
    EMAIL_MESSAGE_ID = "email.message_id", message("The Message-ID field of a message");
    EMAIL_X_MAILER = "email.x_mailer", message("The X-Mailer field of a message");
    EMAIL_URL = "email.url", message("A URL in a message").multi();
    EMAIL_RECEIVED = "email.received", message("A Received field of a message").multi();
    EMAIL_BODY_MD5 = "email.body_md5", message("The MD5 digest of a message's body");
    SMTP_HELO = "smtp.helo", message("The argument of HELO or EHLO");
    SMTP_MAIL_FROM = "smtp.mail_from", message("The sender of the envelope");
    SMTP_RCPT_TO = "smtp.rcpt_to", message("A recipient of the envelope").multi();
}
