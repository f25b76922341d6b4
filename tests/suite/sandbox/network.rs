//! The network inside, and the way to it.

use super::as_both;
use super::image::Image;
use super::life::until;
use std::io::{Read, Write};
use std::net::TcpListener;

#[test]
fn i2_a_loopback_of_its_own_is_reached_from_outside_needs_busybox_needs_setpriv() {
    as_both(|| {
        let script = "/bin/busybox nc -l -p 8080 -e /bin/cat; exit 5";
        let mut running = Image::sh(script).start();
        // the same port of ours is another one
        let ours = TcpListener::bind("127.0.0.1:0").unwrap();
        assert!(running.connect(ours.local_addr().unwrap().port()).is_err());
        let mut stream = None;
        until(|| {
            stream = running.connect(8080).ok();
            stream.is_some()
        });
        let mut stream = stream.unwrap();
        stream.write_all(b"there and back").unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).unwrap();
        assert_eq!(said, "there and back");
        let status = running.wait_within(std::time::Duration::from_mins(1)).unwrap();
        assert_eq!(status.unwrap().code(), Some(5));
        assert!(running.connect(8080).is_err(), "nobody is there any more");
    });
}

#[test]
fn i2_without_a_network_there_is_the_loopback_alone_needs_busybox_needs_setpriv() {
    as_both(|| {
        let said = Image::sh("cat /proc/net/dev; cat /etc/hosts; cat /etc/hostname").says();
        let devices: Vec<_> = said.lines().filter_map(|line| Some(line.split_once(':')?.0.trim())).collect();
        assert_eq!(devices.first(), Some(&"lo"), "{said}");
        assert!(!said.contains("eth0") && said.contains("127.0.0.1\tlocalhost"), "{said}");
    });
}

#[test]
fn i2_the_machines_network_comes_with_its_names_needs_busybox_needs_setpriv() {
    as_both(|| {
        let ours = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = ours.local_addr().unwrap().port();
        let listening = std::thread::spawn(move || {
            let mut said = String::new();
            ours.accept().unwrap().0.read_to_string(&mut said).unwrap();
            said
        });
        let script = format!("cat /etc/resolv.conf; echo hello | /bin/busybox nc 127.0.0.1 {port}");
        let image = Image::sh(&script);
        let ended = image.run_with(|jail| jail.host_network = true);
        assert_eq!(listening.join().unwrap(), "hello\n");
        let names = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
        assert_eq!(ended.stdout, names);
    });
}
