//! What is sent back.

use oxhttp::model::{Body, Response, StatusCode};

/// The policy of a file of a run that a browser opens by itself: an SVG file may run its own script, in no place of its own.
const FILE_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; sandbox allow-scripts";

/// An answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    status: u16,
    kind: &'static str,
    body: Vec<u8>,
    /// Headers beside those of every answer.
    more: Vec<(&'static str, String)>,
}

impl Answer {
    /// A page, which brings its own policy.
    pub(super) fn page(text: String) -> Answer {
        Answer { status: 200, kind: "text/html; charset=utf-8", body: text.into_bytes(), more: Vec::new() }
    }

    /// A page that says why there is no other.
    pub(super) fn refusal(text: String) -> Answer {
        Answer { status: 404, ..Answer::page(text) }
    }

    /// The same answer without what it is about.
    pub(super) fn without_body(self) -> Answer {
        Answer { body: Vec::new(), ..self }
    }

    /// Plain text.
    pub(super) fn text(text: String) -> Answer {
        Answer { status: 200, kind: "text/plain; charset=utf-8", body: text.into_bytes(), more: Vec::new() }
    }

    /// A line that says why there is nothing.
    pub(super) fn refused(status: u16, why: String) -> Answer {
        Answer { status, ..Answer::text(why) }
    }

    /// A file of a run.
    pub(super) fn file(name: &str, bytes: Vec<u8>) -> Answer {
        let kind = match name.rsplit_once('.').map_or("", |(_, ending)| ending) {
            "svg" => "image/svg+xml",
            "json" => "application/json",
            "txt" | "folded" | "md" => "text/plain; charset=utf-8",
            _ => return Answer::download(name, bytes),
        };
        let more = vec![("Content-Security-Policy", FILE_POLICY.to_owned())];
        Answer { status: 200, kind, body: bytes, more }
    }

    /// A file to be kept. `name` is one of ours, or cleaned of what a header cannot hold.
    pub(super) fn download(name: &str, bytes: Vec<u8>) -> Answer {
        let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
        let name: String = name.chars().map(plain).collect();
        Answer {
            status: 200,
            kind: "application/octet-stream",
            body: bytes,
            more: vec![("Content-Disposition", format!("attachment; filename=\"{name}\""))],
        }
    }

    /// What goes over the wire. No answer is kept by a browser, taken for what it is not, or shown within another site.
    pub(super) fn response(self) -> Response<Body> {
        let always = [
            ("Content-Type", self.kind.to_owned()),
            ("Cache-Control", "no-store".to_owned()),
            ("X-Content-Type-Options", "nosniff".to_owned()),
            ("X-Frame-Options", "DENY".to_owned()),
            ("Cross-Origin-Resource-Policy", "same-origin".to_owned()),
            ("Referrer-Policy", "no-referrer".to_owned()),
        ];
        let built = always
            .into_iter()
            .chain(self.more)
            .fold(Response::builder().status(self.status), |built, (name, value)| built.header(name, value))
            .body(Body::from(self.body));
        built.unwrap_or_else(|_| {
            let mut none = Response::new(Body::from("the answer cannot be sent\n"));
            *none.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            none
        })
    }
}
