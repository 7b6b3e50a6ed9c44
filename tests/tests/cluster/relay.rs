//! Another address of a port: what arrives there is passed on as it is.

use std::io::copy;
use std::net::{Shutdown, TcpListener, TcpStream};

/// Passes connections to this host on to a port of this machine's own network; returns the port where they arrive.
pub(crate) fn relay(host: &str, port: u16) -> u16 {
    let listener = TcpListener::bind((host, 0)).unwrap();
    let own = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for near in listener.incoming().flatten() {
            // small answers would wait for the acknowledgement of those before them
            if let Ok(far) = TcpStream::connect(("127.0.0.1", port))
                && near.set_nodelay(true).and_then(|()| far.set_nodelay(true)).is_ok()
            {
                pass(&near, &far);
                pass(&far, &near);
            }
        }
    });
    own
}

fn pass(from: &TcpStream, to: &TcpStream) {
    let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) else { return };
    std::thread::spawn(move || {
        let _ = copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
}
