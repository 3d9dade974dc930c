//! Texts, arrays and durations between Rust and C.

use std::ffi::{CStr, CString, NulError, c_char, c_int};
use std::time::Duration;

/// librdkafka's texts of a failed setting or start fit into this.
pub(crate) const ERROR_TEXT: usize = 512;

/// A text of librdkafka as a copy.
///
/// # Safety
/// `text` is null or points at a NUL-terminated text that is alive.
pub(crate) unsafe fn text(text: *const c_char) -> Option<String> {
    if text.is_null() {
        return None;
    }
    // SAFETY: by this function's contract.
    let text = unsafe { CStr::from_ptr(text) };
    Some(text.to_string_lossy().into_owned())
}

pub(crate) fn c_texts<'a>(
    texts: impl IntoIterator<Item = &'a str>,
) -> Result<Vec<CString>, NulError> {
    texts.into_iter().map(CString::new).collect()
}

pub(crate) fn buffer(text: &[c_char]) -> String {
    let bytes: Vec<u8> = text
        .iter()
        .map(|c| *c as u8)
        .take_while(|c| *c != 0)
        .collect();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// As librdkafka takes durations: at least 1, at most an hour.
pub(crate) fn milliseconds(duration: Duration) -> c_int {
    let most = Duration::from_secs(3600);
    c_int::try_from(duration.min(most).as_millis())
        .unwrap_or(c_int::MAX)
        .max(1)
}

/// The elements of one of an object's arrays. Arrays may hold null slots (a name that the broker
/// left out or answered twice), which are left out here too.
///
/// # Safety
/// `accessor` may be called with `object`, and the array that it returns outlives `'a`.
pub(crate) unsafe fn elements<'a, O, T: 'a>(
    object: *const O,
    accessor: unsafe extern "C" fn(*const O, *mut usize) -> *mut *const T,
) -> impl Iterator<Item = *const T> + 'a {
    let mut count = 0;
    // SAFETY: by this function's contract; an array has as many elements as its accessor says.
    let elements: &'a [*const T] = unsafe {
        let first = accessor(object, &mut count);
        match first.is_null() {
            true => &[],
            false => std::slice::from_raw_parts(first, count),
        }
    };
    elements.iter().copied().filter(|one| !one.is_null())
}

/// Objects that a call takes as an array. librdkafka copies them.
pub(crate) struct Array<T> {
    pub(crate) elements: Vec<*mut T>,
    destroy: unsafe extern "C" fn(*mut *mut T, usize),
}

impl<T> Array<T> {
    /// # Safety
    /// `destroy` may be called once with the elements that the array will get.
    pub(crate) unsafe fn new(destroy: unsafe extern "C" fn(*mut *mut T, usize)) -> Self {
        Self {
            elements: vec![],
            destroy,
        }
    }
}

impl<T> Drop for Array<T> {
    fn drop(&mut self) {
        // SAFETY: by the contract of `new`.
        unsafe { (self.destroy)(self.elements.as_mut_ptr(), self.elements.len()) }
    }
}
