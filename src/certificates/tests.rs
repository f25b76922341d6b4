use super::*;
use std::fs;
use std::path::PathBuf;
use tempfile::TempDir;

/// Until 9999, until 2010, and one whose subject has no common name; made with the program openssl.
const VALID: &str = include_str!("../../tests/fixtures/certificates/valid.pem");
const EXPIRED: &str = include_str!("../../tests/fixtures/certificates/expired.pem");
const UNNAMED: &str = include_str!("../../tests/fixtures/certificates/unnamed.pem");
const KEY: &str = "-----BEGIN PRIVATE KEY-----\nS3CR3T==\n-----END PRIVATE KEY-----\n";

fn file(content: impl AsRef<[u8]>) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.pem");
    fs::write(&path, content).unwrap();
    (folder, path)
}

fn read(content: impl AsRef<[u8]>) -> Result<Bundle, Error> {
    let (_folder, path) = file(content);
    Bundle::read(&path)
}

/// What the error for `content` says: the sentence, and the line it stands in.
#[track_caller]
fn refused(content: impl AsRef<[u8]>) -> (String, Option<String>) {
    let (_folder, path) = file(content);
    let error = Bundle::read(&path).unwrap_err();
    assert_eq!(error.code(), Code::Asset);
    assert!(error.what().contains("ca.pem") && !error.helps().is_empty(), "{error:?}");
    assert!(!format!("{error:?}").contains("S3CR3T"), "{error:?}");
    let line = error.place().map(|place| place.rsplit(':').next().unwrap().to_owned());
    (error.what().to_owned(), line)
}

#[test]
fn certificates_are_read_written_and_read_again() {
    let bundle =
        read([VALID, "internal.example, asked for by M. Mustermann\n", UNNAMED, VALID].concat()).unwrap();
    assert_eq!(bundle.count(), 2, "none twice");
    let text = bundle.text();
    assert_eq!(
        text,
        format!("# Example Root\n{VALID}# Példa Főtanúsítvány\n{UNNAMED}"),
        "and nothing between"
    );
    assert_eq!(read(&text).unwrap(), bundle);
}

#[test]
fn mozillas_roots_are_all_there_and_sorted_by_name() {
    let bundle = Bundle::mozilla().unwrap();
    assert_eq!(bundle.count(), webpki_root_certs::TLS_SERVER_ROOT_CERTS.len());
    let text = bundle.text();
    let names = text.strip_prefix(TERMS).unwrap().lines().filter(|line| line.starts_with("# "));
    let names: Vec<_> = names.collect();
    assert!(names.is_sorted() && names.len() == bundle.count());
    assert!(names.contains(&"# ISRG Root X1"), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("without a name")));
    assert_eq!(read(&text).unwrap().certificates, bundle.certificates);
}

#[test]
fn a_file_is_added_to_mozillas_roots() {
    let (mozilla, own) = (Bundle::mozilla().unwrap(), read(VALID).unwrap());
    for order in [[&mozilla, &own, &own], [&own, &mozilla, &own]] {
        let mut bundle = order[0].clone();
        order[1..].iter().for_each(|other| bundle.join((*other).clone()));
        assert_eq!(bundle.count(), mozilla.count() + 1);
        let text = bundle.text();
        assert!(text.starts_with(TERMS) && text.matches(TERMS).count() == 1 && text.contains(VALID));
    }
}

#[test]
fn c12_what_has_expired_is_known_by_name() {
    let bundle = read([EXPIRED, VALID].concat()).unwrap();
    assert_eq!(bundle.expired(1_262_304_000), Vec::<&str>::new(), "2010-01-01T00:00:00Z is its last second");
    assert_eq!(bundle.expired(1_262_304_001), ["Old Example Root"]);
    assert_eq!(bundle.expired(253_402_300_799), ["Old Example Root"], "the last second of 9999");
}

#[test]
fn c12_a_bundle_with_a_private_key_is_refused() {
    for content in
        [KEY.to_owned(), [VALID, KEY].concat(), [KEY, VALID].concat(), VALID.replace("-----END", KEY)]
    {
        let (what, line) = refused(&content);
        assert!(what.contains("has a private key"), "{what}");
        let key = content.lines().position(|line| line.contains("PRIVATE KEY")).unwrap() + 1;
        assert_eq!(line, Some(key.to_string()));
    }
}

#[test]
fn c12_a_bundle_that_is_missing_or_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().join("missing.pem"), folder.path().to_owned()] {
        let error = Bundle::read(&path).unwrap_err();
        assert!(error.what().contains(path.to_str().unwrap()) && !error.helps().is_empty(), "{error:?}");
    }
}

#[test]
fn c12_a_bundle_that_is_empty_or_not_pem_is_refused() {
    assert!(refused("").0.contains("is empty"));
    for content in ["\n", "hello\n", "# -----BEGIN CERTIFICATE-----\n", "\0\u{1}\u{2}"] {
        assert!(refused(content).0.contains("has no certificate"), "{content:?}");
    }
    let der = pem::blocks(VALID.as_bytes()).unwrap().remove(0).bytes;
    assert!(refused(&der).0.contains("is not PEM but DER"));
    assert!(refused(vec![b'\n'; 8 << 20 | 1]).0.contains("larger than 8 MiB"));
}

#[test]
fn c12_a_bundle_whose_certificates_are_damaged_is_refused() {
    let cut = |from: usize, to: usize| {
        VALID
            .lines()
            .enumerate()
            .filter(|(at, _)| !(from..to).contains(at))
            .fold(String::new(), |text, (_, line)| text + line + "\n")
    };
    let count = VALID.lines().count();
    for (content, words, line) in [
        (cut(count - 1, count), "ends within a certificate", "1"),
        (cut(0, 1), "END line without", &*(count - 1).to_string()),
        (cut(2, 3), "certificate 1 of", "1"),
        (cut(1, count - 1), "certificate 1 of", "1"),
        (VALID.replacen('M', "?", 1), "not base64", "1"),
        ([UNNAMED, &cut(4, 5)].concat(), "certificate 2 of", &(UNNAMED.lines().count() + 1).to_string()),
        (
            [VALID, "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"].concat(),
            "X509 CRL",
            &(count + 1).to_string(),
        ),
    ] {
        let (what, place) = refused(&content);
        assert!(what.contains(words), "{what}");
        assert_eq!(place.as_deref(), Some(line), "{what}");
    }
}

#[test]
fn a_name_cannot_break_out_of_its_comment() {
    let mut der = pem::blocks(VALID.as_bytes()).unwrap().remove(0).bytes;
    let name = "E\n-----\u{202e}xy"; // as long as the fixture's common name
    for at in memchr::memmem::find_iter(&der.clone(), b"Example Root") {
        der[at..at + name.len()].copy_from_slice(name.as_bytes());
    }
    let text = read(pem::block(&der)).unwrap().text();
    assert_eq!(text.lines().filter(|line| line.starts_with('#')).count(), 1);
    assert!(text.starts_with("# E-----") && !text.contains('\u{202e}'), "{text}");
}

#[test]
fn no_length_inside_a_certificate_is_believed() {
    let der = pem::blocks(VALID.as_bytes()).unwrap().remove(0).bytes;
    for end in 0..der.len() {
        assert!(certificate(&der[..end]).is_none(), "cut off at {end}");
    }
    assert!(certificate(&[&der[..], b"x"].concat()).is_none(), "followed by a byte");
    for at in 0..der.len() {
        for bit in 0..8 {
            let mut other = der.clone();
            other[at] ^= 1 << bit;
            let _ = certificate(&other); // never a panic
        }
    }
}
